/** Shared documents against a real project server: merging, typing offline, a document that is begun anew. */

import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { startProjectServer, type TestProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";
import type { Life } from "../../core/life.ts";
import { ASSERTION_HEADER } from "../../protocol/assertion.ts";
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

function openDocument(own: Life, connection: ProjectConnection, keeper: DocumentKeeper = memoryKeeper()) {
  const provider = new DocumentProvider({ connection, keeper, path: PATH, space: "ada/project", user });
  own.defer("document", () => provider.close());
  return provider;
}

const textOf = (provider: DocumentProvider) => provider.live.get().text.toString();
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
  first.live.get().text.insert(4, "two\n");
  second.live.get().text.insert(0, "zero\n");
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
  first.live.get().text.insert(0, "offline ");
  second.live.get().text.insert(7, "online\n");
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
  const before = openDocument(own, connection, keeper);
  await until(() => isSettled(before));
  connection.rest();
  before.live.get().text.insert(4, " kept");
  await before.close();
  const after = openDocument(own, connection, keeper);
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
  const window = openDocument(first, connection, keeper);
  await until(() => isSettled(window) && textOf(window) === "alpha\nbeta\n");
  connection.rest();
  window.live.get().text.insert(0, "typed offline\n");
  await window.close();

  // The log of the document is lost, and the file has changed meanwhile: the next server begins a new generation.
  const { hub, projectId, home } = hubServer;
  const other = await startProjectServer(own, { hub, projectId });
  await rm(join(home, ".cocalc"), { recursive: true, force: true });
  await writeFile(join(other.home, PATH), "alpha\nbeta\ngamma\n");
  const again = openDocument(own, await connect(own, other), keeper);
  await until(() => isSettled(again));
  expect(textOf(again)).toBe("typed offline\nalpha\nbeta\ngamma\n");
  await until(async () => (await readFile(join(other.home, PATH), "utf8")) === "typed offline\nalpha\nbeta\ngamma\n");
});
