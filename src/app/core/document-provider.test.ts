/** Shared documents against a real project server: merging, typing offline, a document that is begun anew. */

import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, jest, test } from "@jest/globals";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { startProjectServer, type TestProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";
import type { Life } from "../../core/life.ts";
import { ASSERTION_HEADER } from "../../protocol/assertion.ts";
import { type SharedContent, sharedText } from "../../text/shared-content.ts";
import { textOf as yTextOf } from "../../text/yjs-text.ts";
import { type DocumentKeeper, memoryKeeper } from "./document-keeper.ts";
import { DocumentProvider } from "./document-provider.ts";
import { ProjectConnection } from "./project-connection.ts";

const life = testLives();
const PATH = "essay.txt";
const user = { name: "Ada", color: "#3b5bdb", colorLight: "#3b5bdb33" };

async function connect(own: Life, server: TestProjectServer): Promise<ProjectConnection> {
  const assertion = await server.hub.assertion({ aud: server.projectId });
  const connection = new ProjectConnection({
    origin: server.origin,
    path: `/${server.projectId}/api/socket`,
    headers: { [ASSERTION_HEADER]: assertion },
  });
  own.defer("connection", () => connection.rest());
  connection.open();
  await until(() => connection.status.get() === "online");
  return connection;
}

function openDocument(
  own: Life,
  connection: ProjectConnection,
  { keeper = memoryKeeper(), content = sharedText }: { keeper?: DocumentKeeper; content?: SharedContent } = {},
) {
  const provider = new DocumentProvider({ connection, keeper, content, path: PATH, space: "ada/project", user });
  own.defer("document", () => provider.close());
  return provider;
}

const textIn = (provider: DocumentProvider) => yTextOf(provider.live.get().doc);
const textOf = (provider: DocumentProvider) => textIn(provider).toString();
const isSettled = (provider: DocumentProvider) => provider.state.get().online && !provider.state.get().unsent;

test("two windows see each other's edits and cursors, and the file is saved", async () => {
  const own = life();
  const server = await startProjectServer(own);
  await writeFile(join(server.home, PATH), "one\n");
  const [first, second] = [
    openDocument(own, await connect(own, server)),
    openDocument(own, await connect(own, server)),
  ];
  await until(() => textOf(first) === "one\n" && textOf(second) === "one\n");
  textIn(first).insert(4, "two\n");
  textIn(second).insert(0, "zero\n");
  await until(() => textOf(first) === "zero\none\ntwo\n" && textOf(second) === "zero\none\ntwo\n");
  await until(() => second.live.get().awareness.getStates().size === 2);
  await until(async () => (await readFile(join(server.home, PATH), "utf8")) === "zero\none\ntwo\n");
  await until(() => first.state.get().saved && isSettled(first));
});

test("what is typed offline is merged when the connection is back", async () => {
  const own = life();
  const server = await startProjectServer(own);
  await writeFile(join(server.home, PATH), "middle\n");
  const connection = await connect(own, server);
  const [first, second] = [openDocument(own, connection), openDocument(own, await connect(own, server))];
  await until(() => isSettled(first) && isSettled(second));
  connection.rest();
  textIn(first).insert(0, "offline ");
  textIn(second).insert(7, "online\n");
  expect(first.state.get()).toMatchObject({ online: false, unsent: true });
  connection.open();
  await until(() => textOf(first) === "offline middle\nonline\n" && textOf(second) === textOf(first));
  await until(() => isSettled(first));
});

test("what was typed offline survives a reload of the page", async () => {
  const own = life();
  const server = await startProjectServer(own);
  await writeFile(join(server.home, PATH), "text");
  const keeper = memoryKeeper();
  const connection = await connect(own, server);
  const before = openDocument(own, connection, { keeper });
  await until(() => isSettled(before));
  connection.rest();
  textIn(before).insert(4, " kept");
  await before.close();
  const after = openDocument(own, connection, { keeper });
  await until(() => textOf(after) === "text kept");
  connection.open();
  await until(() => isSettled(after));
  await until(async () => (await readFile(join(server.home, PATH), "utf8")) === "text kept");
});

test("a document that was begun anew takes the offline edits once and doubles nothing", async () => {
  const own = life();
  const first = life("first server");
  const hubServer = await startProjectServer(first);
  await writeFile(join(hubServer.home, PATH), "alpha\nbeta\n");
  const keeper = memoryKeeper();
  const connection = await connect(first, hubServer);
  const window = openDocument(first, connection, { keeper });
  await until(() => isSettled(window) && textOf(window) === "alpha\nbeta\n");
  connection.rest();
  textIn(window).insert(0, "typed offline\n");
  await window.close();

  // The log of the document is lost, and the file has changed meanwhile: the next server begins a new generation.
  const { hub, projectId, home } = hubServer;
  const other = await startProjectServer(own, { hub, projectId });
  await rm(join(home, ".cocalc"), { recursive: true, force: true });
  await writeFile(join(other.home, PATH), "alpha\nbeta\ngamma\n");
  const again = openDocument(own, await connect(own, other), { keeper });
  await until(() => isSettled(again));
  expect(textOf(again)).toBe("typed offline\nalpha\nbeta\ngamma\n");
  await until(async () => (await readFile(join(other.home, PATH), "utf8")) === "typed offline\nalpha\nbeta\ngamma\n");
});

test("after one paste beyond what the server takes, what is typed later is saved, without a reload", async () => {
  const own = life();
  const server = await startProjectServer(own);
  const file = join(server.home, PATH);
  await writeFile(file, "text\n");
  const limit = { bytes: 1_000, words: "This is too much." };
  const window = openDocument(own, await connect(own, server), { content: { ...sharedText, limit } });
  await until(() => isSettled(window));
  textIn(window).insert(5, "x".repeat(2 * limit.bytes));
  textIn(window).insert(0, "typed at once ");
  await until(() => window.takenBack.get()?.words === limit.words);
  await until(() => isSettled(window) && textOf(window) === "typed at once text\n");
  textIn(window).insert(0, "and later ");
  await until(async () => (await readFile(file, "utf8")) === "and later typed at once text\n");
  await until(() => window.state.get().saved && window.state.get().error === undefined);
});

test("a file that is not there is told as missing, and is there when it is saved", async () => {
  const own = life();
  const server = await startProjectServer(own);
  const window = openDocument(own, await connect(own, server));
  await until(() => window.state.get().missing === `${PATH} does not exist.`);
  expect(window.state.get().saved).toBe(false);
  await window.save();
  await until(() => window.state.get().missing === undefined && window.state.get().saved);
  expect(await readFile(join(server.home, PATH), "utf8")).toBe("");
});

test("a Latin-1 file is opened when a person says what it is, is saved as such, and opens as such from then on", async () => {
  const own = life();
  const server = await startProjectServer(own);
  const file = join(server.home, PATH);
  await writeFile(file, Buffer.from("caf\xe9\r\n\x00", "latin1"));
  const connection = await connect(own, server);
  const window = openDocument(own, connection);
  await until(() => window.state.get().failure?.code === "unsupported");
  await window.openAs("windows-1252");
  await until(() => isSettled(window) && textOf(window) === "café\n\0");
  textIn(window).insert(0, "ü");
  await until(async () => (await readFile(file, "latin1")) === "\xfccaf\xe9\r\n\x00");
  const other = openDocument(own, await connect(own, server));
  await until(() => isSettled(other) && textOf(other) === "ücafé\n\0");
  expect(other.state.get().encoding).toBe("windows-1252");
});

/** A file of "café" in Latin-1 that one window has open as such. */
async function openLatin(own: Life, first = own) {
  const root = await temporaryFolder(own, "project");
  const server = await startProjectServer(first, { root });
  const file = join(server.home, PATH);
  await writeFile(file, Buffer.from("caf\xe9\n", "latin1"));
  const connection = await connect(own, server);
  const window = openDocument(own, connection);
  await until(() => window.state.get().failure?.code === "unsupported");
  expect(await window.openAs("windows-1252")).toBe(true);
  await until(() => isSettled(window) && textOf(window) === "café\n");
  return { server, file, connection, window };
}

test("a file that was made UTF-8 while it was open in another encoding is UTF-8 from then on", async () => {
  const { file, window } = await openLatin(life());
  await until(() => window.state.get().writtenAs?.encoding === "windows-1252");
  await writeFile(file, "café — ☕\n");
  await until(() => textOf(window) === "café — ☕\n");
  await until(() => window.state.get().encoding === undefined && window.state.get().writtenAs?.encoding === "utf-8");
  textIn(window).insert(0, "é");
  await until(async () => (await readFile(file, "utf8")) === "écafé — ☕\n");
});

test("a file that was made UTF-8 since it was closed is opened as UTF-8, with what was not saved yet", async () => {
  const [own, first] = [life(), life("first server")];
  const { server, file, window } = await openLatin(own, first);
  textIn(window).insert(0, "ü");
  await until(async () => (await readFile(file, "latin1")) === "\xfccaf\xe9\n");
  await window.close();
  await first.stop();
  await writeFile(file, "ücafé\n");
  const { hub, projectId, root } = server;
  const again = await startProjectServer(own, { hub, projectId, root });
  const other = openDocument(own, await connect(own, again));
  await until(() => isSettled(other) && textOf(other) === "ücafé\n");
  expect(other.state.get().encoding).toBeUndefined();
  textIn(other).insert(0, "é");
  await until(async () => (await readFile(file, "utf8")) === "éücafé\n");
});

test("what we wrote in a chosen encoding stays in it, though it could be UTF-8 as well", async () => {
  const [own, first] = [life(), life("first server")];
  const { server, file, window } = await openLatin(own, first);
  textIn(window).delete(3, 1);
  await until(async () => (await readFile(file, "latin1")) === "caf\n");
  await window.close();
  await first.stop();
  const { hub, projectId, root } = server;
  const again = await startProjectServer(own, { hub, projectId, root });
  const other = openDocument(own, await connect(own, again));
  await until(() => isSettled(other) && other.state.get().encoding === "windows-1252");
  textIn(other).insert(3, "é");
  await until(async () => (await readFile(file, "latin1")) === "caf\xe9\n");
});

test("the wrong encoding is chosen anew while the file is open, but not over others' heads", async () => {
  const own = life();
  const { server, file, window } = await openLatin(own);
  expect(await window.openAs("windows-1251")).toBe(true);
  expect(textOf(window)).toBe("cafй\n");
  textIn(window).insert(0, "д");
  const other = openDocument(own, await connect(own, server));
  await until(() => isSettled(other));
  expect(await window.openAs("koi8-r")).toBe(false);
  expect(window.state.get().encoding).toBe("windows-1251");
  await until(async () => (await readFile(file, "latin1")) === "\xe4caf\xe9\n");
});

test("a window remembers the encoding that somebody chose, where the project does not", async () => {
  const own = life();
  const { server, connection, window } = await openLatin(own);
  connection.rest();
  const { hub, projectId, root, home } = server;
  const other = await startProjectServer(own, { hub, projectId, root });
  await rm(join(home, ".cocalc", "documents"), { recursive: true, force: true });
  await rm(join(home, PATH));
  await writeFile(join(home, PATH), Buffer.from("th\xe9\n", "latin1"));
  const elsewhere = await connect(own, other);
  const request = connection.request.bind(connection);
  jest
    .spyOn(connection, "request")
    .mockImplementation((...asked: Parameters<typeof request>) => elsewhere.request(...asked));
  connection.open();
  await until(() => isSettled(window) && textOf(window) === "thé\n");
  expect(window.state.get().encoding).toBe("windows-1252");
});

test("what others type while a document is being opened is not lost, however closely it follows the answer", async () => {
  const own = life();
  const server = await startProjectServer(own);
  await writeFile(join(server.home, PATH), "one\n");
  const grace = openDocument(own, await connect(own, server));
  await until(() => isSettled(grace));
  const connection = await connect(own, server);
  const request = connection.request.bind(connection);
  const heard = Promise.withResolvers<void>();
  connection.on("document_update", () => heard.resolve());
  jest.spyOn(connection, "request").mockImplementation(async (...asked: Parameters<typeof request>) => {
    const answer = await request(...asked);
    if (asked[0] === "document_open") {
      textIn(grace).insert(0, "zero\n");
      await heard.promise; // the update is seen before the answer is
    }
    return answer;
  });
  const ada = openDocument(own, connection);
  await until(() => isSettled(ada));
  textIn(grace).insert(0, "and ");
  await until(() => textOf(ada) === "and zero\none\n");
});

test("a document that is left while it is being opened has not failed to open", async () => {
  const own = life();
  const server = await startProjectServer(own);
  await writeFile(join(server.home, PATH), "one\n"); // written just now, it is looked at twice
  const connection = await connect(own, server);
  const asked = jest.spyOn(connection, "request");
  const provider = openDocument(own, connection);
  await until(() => asked.mock.calls.some(([name]) => name === "document_open"));
  provider.rest();
  await Promise.allSettled(asked.mock.results.map(({ value }) => value));
  expect(provider.state.get().phase).not.toBe("failed");
  provider.wake();
  await until(() => textOf(provider) === "one\n" && isSettled(provider));
});
