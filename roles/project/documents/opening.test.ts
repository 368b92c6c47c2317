/** Opening that is overtaken, by a close or by others that are quicker; and leaving. */

import { appendFile, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import * as Y from "yjs";
import { parsePath } from "../../../src/files/places.ts";
import { textOf } from "../../../src/text/yjs-text.ts";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { testLog } from "../../../test/helpers/log.ts";
import { until } from "../../../test/helpers/until.ts";
import { Document, type DocumentOptions } from "./document.ts";
import { textContent } from "./document-content.ts";
import { DocumentFile } from "./document-file.ts";
import { DocumentStore } from "./document-store.ts";
import { Documents } from "./documents.ts";

const newLife = testLives();

async function openDocuments() {
  const life = newLife();
  const home = await temporaryFolder(life, "project");
  const places = { home, ext: "/nowhere", data: "/nowhere", tmp: "/nowhere" };
  const documents = new Documents(life, { places, log: testLog(), content: textContent, moved: () => {} });
  const told: string[] = [];
  const open = (id: string, path: string) => {
    const events = { update: () => told.push(id), awareness: () => {}, state: () => {}, reset: () => {} };
    return documents.open({ id, events, called: { path } }, { path, mayWrite: true });
  };
  /** A file of long ago, which is believed at once. */
  const write = async (name: string) => {
    await writeFile(join(home, name), "text");
    await utimes(join(home, name), new Date(0), new Date(0));
  };
  return { home, documents, open, told, write };
}

/** An update that types something. */
function typed(): Uint8Array {
  const doc = new Y.Doc();
  textOf(doc).insert(0, "typed");
  return Y.encodeStateAsUpdate(doc);
}

test("a document that is closed while it is being opened does not stay open", async () => {
  const { documents, open, told, write } = await openDocuments();
  await write("a.txt");
  const opening = open("ada", "a.txt");
  documents.close("ada", "a.txt");
  await expect(opening).rejects.toThrow("closed while it was being opened");
  const { generation } = await open("grace", "a.txt");
  documents.update("grace", "a.txt", { generation, update: typed() });
  expect(told).toEqual([]);
  expect(() => documents.update("ada", "a.txt", { generation, update: typed() })).toThrow("Open this document first");
});

test("who goes away while a document is being opened does not stay in it; who opens it again does", async () => {
  const { documents, open, told, write } = await openDocuments();
  await write("a.txt");
  const first = open("ada", "a.txt");
  documents.closeAllOf("ada");
  const again = open("ada", "a.txt");
  await expect(first).rejects.toThrow("closed");
  const { generation } = await again;
  await open("grace", "a.txt");
  documents.update("grace", "a.txt", { generation, update: typed() });
  expect(told).toEqual(["ada"]);
});

test("a file that is slow to open delays no other one, nor what is looked at and saved meanwhile", async () => {
  const { home, documents, open, write } = await openDocuments();
  await write("a.txt");
  const slow = join(home, "slow.txt");
  await writeFile(slow, "");
  const busy = { isOver: false };
  const writing = (async () => {
    while (!busy.isOver) await appendFile(slow, "more\n"); // it never stands still
  })();
  const order: string[] = [];
  const opened = open("ada", "slow.txt").then(() => order.push("slow"));
  await open("grace", "a.txt").then(() => order.push("quick"));
  await documents.saveAll();
  order.push("saved");
  busy.isOver = true;
  await Promise.all([opened, writing]);
  expect(order).toEqual(["quick", "saved", "slow"]);
});

const reader = { update: () => {}, awareness: () => {}, state: () => {}, reset: () => {} };

/** The document of a file "a.txt" alone. */
async function openOne(options: Pick<DocumentOptions, "pace"> = {}) {
  const { home, write } = await openDocuments();
  await write("a.txt");
  const places = { home, ext: "/nowhere", data: "/nowhere", tmp: "/nowhere" };
  const file = new DocumentFile(places, parsePath(places, "a.txt"), textContent.limit);
  const { signal } = new AbortController();
  const store = new DocumentStore(home);
  const how = { file, content: textContent, store, identity: "home:a.txt", signal, ...options };
  return { document: await Document.open(how), onDisk: () => readFile(join(home, "a.txt"), "utf8") };
}

test("what is typed is saved as soon as its writer leaves, not only when it would be by itself", async () => {
  const { document, onDisk } = await openOne({ pace: { afterMs: 3_600_000, atLeastMs: 3_600_000 } });
  await document.attach("ada", reader, { admit: () => {} });
  document.update("ada", document.generation, typed());
  document.detach("ada");
  await until(async () => (await onDisk()).includes("typed"));
  await document.close();
});

test("nobody joins a document that is let go while it is looked at for them", async () => {
  const { document } = await openOne();
  const joining = document.attach("ada", reader, { admit: () => {} });
  await Promise.resolve(); // it looks at the disk
  await document.close();
  expect(await joining).toBeUndefined();
  expect(document.readers).toBe(0);
});
