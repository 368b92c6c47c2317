/** Leaving a document at once, against a real project server: what was typed reaches the file though nobody opens it again. */

import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { startProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";
import type { Life } from "../../core/life.ts";
import { ASSERTION_HEADER } from "../../protocol/assertion.ts";
import { memoryKeeper } from "./document-keeper.ts";
import type { DocumentProvider } from "./document-provider.ts";
import { OpenDocuments } from "./open-documents.ts";
import { ProjectConnection } from "./project-connection.ts";

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
  const newDocuments = () => new OpenDocuments({ connection, keeper, exists });
  const documents = newDocuments();
  connection.open();
  await until(() => connection.status.get() === "online");
  const open = () => {
    const provider = documents.open(wanted);
    own.defer("document", () => provider.close());
    return provider;
  };
  return { connection, documents, open, newDocuments, onDisk: () => readFile(file, "utf8"), remove: () => rm(file) };
}

const textOf = (provider: DocumentProvider) => provider.live.get().text;
const isSettled = (provider: DocumentProvider) => provider.state.get().online && !provider.state.get().unsent;

test("what is typed in the instant before leaving is in the file at once", async () => {
  const { documents, open, onDisk } = await openPage(life());
  const provider = open();
  await until(() => isSettled(provider));
  textOf(provider).insert(0, "typed and left ");
  await documents.leave(provider);
  await until(async () => (await onDisk()) === "typed and left text\n", { timeoutMs: 700 }); // not only with the next autosave
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

/** An empty file of the name, as a person saves one. */
const writeFileThrough = (connection: ProjectConnection) => connection.request("document_save", { path: wanted.path });
