/** Leaving a document at once, against a real project server: what was typed reaches the file though nobody opens it again. */

import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { startProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";
import type { Life } from "../../core/life.ts";
import { ASSERTION_HEADER } from "../../protocol/assertion.ts";
import type { Move } from "../../protocol/moved-path.ts";
import { sharedText } from "../../text/shared-content.ts";
import { textOf as yTextOf } from "../../text/yjs-text.ts";
import { memoryKeeper } from "./document-keeper.ts";
import type { DocumentProvider } from "./document-provider.ts";
import { OpenDocuments } from "./open-documents.ts";
import { ProjectConnection } from "./project-connection.ts";
import { Tabs } from "./tabs.ts";

const life = testLives();
const user = { name: "Ada", color: "#3b5bdb", colorLight: "#3b5bdb33" };
const wanted = { path: "essay.txt", space: "ada/project", user };

/** A page with the project open, before a server whose file holds "text\n". */
async function openPage(own: Life) {
  const server = await startProjectServer(own);
  const file = join(server.home, wanted.path);
  await writeFile(file, "text\n");
  const connection = new ProjectConnection({
    origin: server.origin,
    path: `/${server.projectId}/api/socket`,
    headers: { [ASSERTION_HEADER]: await server.hub.assertion({ aud: server.projectId }) },
  });
  own.defer("connection", () => connection.rest());
  const keeper = memoryKeeper();
  const exists = (path: string) =>
    server.fetch(`/api/files/stat?path=${encodeURIComponent(path)}`).then(({ ok }) => ok);
  const moves: Move[] = [];
  const tabs = new Tabs("project");
  const newDocuments = (options: { tabs?: Tabs } = {}) =>
    new OpenDocuments({
      connection,
      keeper,
      content: sharedText,
      exists,
      onMoved: (move) => moves.push(move),
      ...options,
    });
  const documents = newDocuments();
  connection.open();
  await until(() => connection.status.get() === "online");
  const open = () => {
    const provider = documents.open(wanted);
    own.defer("document", () => provider.close());
    return provider;
  };
  const rename = async (to: string) => {
    const body = JSON.stringify({ from: wanted.path, to });
    expect((await server.fetch("/api/files/rename", { method: "POST", body })).status).toBe(200);
  };
  const onDisk = (path = wanted.path) => readFile(join(server.home, path), "utf8");
  return {
    server,
    tabs,
    connection,
    documents,
    open,
    newDocuments,
    onDisk,
    remove: () => rm(file),
    rename,
    moves,
    keeper,
  };
}

const textOf = (provider: DocumentProvider) => yTextOf(provider.live.get().doc);
const isSettled = (provider: DocumentProvider) => provider.state.get().online && !provider.state.get().unsent;

test("what is typed in the instant before leaving is in the file", async () => {
  const { documents, open, onDisk } = await openPage(life());
  const provider = open();
  await until(() => isSettled(provider));
  textOf(provider).insert(0, "typed and left ");
  await documents.leave(provider);
  await until(async () => (await onDisk()) === "typed and left text\n");
});

test("an update that is refused while its editor closes is sent again, though nobody opens the file", async () => {
  const { connection, documents, open, onDisk } = await openPage(life());
  const provider = open();
  await until(() => isSettled(provider));
  await connection.request("document_close", { path: wanted.path }); // the server knows nothing of this reader any more
  textOf(provider).insert(0, "refused at first ");
  await documents.leave(provider);
  await until(async () => (await onDisk()) === "refused at first text\n");
});

test("what is typed while a file is opened anew is sent, though its editor closes before it is open", async () => {
  const { connection, documents, open, onDisk } = await openPage(life());
  const provider = open();
  await until(() => isSettled(provider));
  connection.rest();
  connection.open();
  textOf(provider).insert(0, "typed meanwhile ");
  const left = documents.leave(provider);
  expect(provider.state.get().online).toBe(false);
  await left;
  await until(async () => (await onDisk()) === "typed meanwhile text\n");
});

test("what was typed without a connection before leaving is sent when that is back, and the project rests then", async () => {
  const { connection, documents, open, onDisk } = await openPage(life());
  const provider = open();
  await until(() => isSettled(provider));
  connection.rest();
  textOf(provider).insert(0, "offline ");
  void documents.leave(provider);
  connection.open();
  connection.leave();
  await until(async () => (await onDisk()) === "offline text\n");
  await until(() => connection.status.get() === "idle");
});

test("who comes back before all was sent goes on in the same document, undo and all", async () => {
  const { connection, documents, open } = await openPage(life());
  const provider = open();
  await until(() => isSettled(provider));
  connection.rest();
  textOf(provider).insert(0, "offline ");
  const left = documents.leave(provider);
  expect(open()).toBe(provider);
  connection.open();
  await left;
  await until(() => isSettled(provider));
  textOf(provider).insert(0, "still open ");
  await until(() => isSettled(provider));
  await documents.leave(provider);
  expect(open()).not.toBe(provider);
});

test("undo is still there for who leaves a tab and comes back, and others' edits meanwhile are too", async () => {
  const own = life();
  const { tabs, connection, newDocuments, onDisk } = await openPage(own);
  const documents = newDocuments({ tabs });
  tabs.open({ kind: "file", path: wanted.path });
  const provider = documents.open(wanted);
  own.defer("document", () => provider.close());
  await until(() => isSettled(provider));
  textOf(provider).insert(0, "mine ");
  await documents.leave(provider);
  expect(provider.state.get().online).toBe(false); // the server holds nothing for a tab that nobody looks at
  const other = newDocuments().open(wanted);
  own.defer("other", () => other.close());
  await until(() => isSettled(other));
  textOf(other).insert(0, "theirs ");
  await until(() => isSettled(other));
  expect(documents.open(wanted)).toBe(provider);
  await until(() => isSettled(provider) && textOf(provider).toString() === "theirs mine text\n");
  provider.live.get().undo.undo();
  await until(async () => (await onDisk()) === "theirs text\n");
  connection.rest();
});

test("a document whose tab was closed is kept for some minutes, of the last ones alone", async () => {
  const own = life();
  const { tabs, newDocuments } = await openPage(own);
  const documents = newDocuments({ tabs });
  const opened = Array.from({ length: 12 }, (_, index) => documents.open({ ...wanted, path: `${index}.txt` }));
  for (const provider of opened) own.defer("document", () => provider.close());
  for (const provider of opened) await documents.leave(provider);
  const again = (index: number) => documents.open({ ...wanted, path: `${index}.txt` });
  expect(again(11)).toBe(opened[11]);
  expect(again(2)).toBe(opened[2]);
  const anew = again(0);
  own.defer("document", () => anew.close());
  expect(anew).not.toBe(opened[0]);
  for (const provider of [opened[11], opened[2], anew])
    if (provider !== undefined) await documents.leave(provider, { keep: false });
  documents.closeAll();
});

test("what a page kept when it ended is sent by the next one; a file deleted since is not brought back", async () => {
  const { connection, open, newDocuments, onDisk, remove } = await openPage(life());
  const provider = open();
  await until(() => isSettled(provider));
  connection.rest();
  textOf(provider).insert(0, "kept ");
  await provider.close();
  connection.open();
  await until(() => connection.status.get() === "online");
  await remove();
  await newDocuments().sendKept(wanted.space, user);
  await expect(onDisk()).rejects.toThrow();
  await connection.request("document_open", { path: wanted.path });
  await writeFileThrough(connection);
  await newDocuments().sendKept(wanted.space, user);
  await until(async () => (await onDisk()).startsWith("kept "));
});

test("a file renamed while somebody types in it is typed on in, and does not come back under its old name", async () => {
  const { open, onDisk, rename, keeper } = await openPage(life());
  const provider = open();
  await until(() => isSettled(provider));
  const { doc } = provider.live.get();
  textOf(provider).insert(0, "before ");
  const renamed = rename("renamed.txt");
  textOf(provider).insert(0, "meanwhile ");
  await renamed;
  await until(() => provider.path.get() === "renamed.txt");
  textOf(provider).insert(0, "after ");
  await until(async () => (await onDisk("renamed.txt")) === "after meanwhile before text\n");
  expect(provider.live.get().doc).toBe(doc); // with its undo and its cursor
  await expect(onDisk()).rejects.toThrow();
  await until(async () => (await keeper.load("ada/project/essay.txt")) === undefined);
  expect(await keeper.load("ada/project/renamed.txt")).toBeDefined();
});

test("what was typed without a connection goes into the file that was renamed meanwhile", async () => {
  const { connection, open, onDisk, rename, moves } = await openPage(life());
  const provider = open();
  await until(() => isSettled(provider));
  connection.rest();
  textOf(provider).insert(0, "offline ");
  await rename("renamed.txt");
  connection.open();
  await until(async () => (await onDisk("renamed.txt")) === "offline text\n");
  await expect(onDisk()).rejects.toThrow();
  expect(moves).toEqual([{ from: "essay.txt", to: "renamed.txt" }]);
});

/** An empty file of the name, as a person saves one. */
const writeFileThrough = (connection: ProjectConnection) => connection.request("document_save", { path: wanted.path });
