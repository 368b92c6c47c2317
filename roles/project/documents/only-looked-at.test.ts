/** A document that nobody types into leaves nothing behind in the project; one that was typed into does. */

import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import * as Y from "yjs";
import type { TextEncoding } from "../../../src/protocol/document-text.ts";
import { textOf } from "../../../src/text/yjs-text.ts";
import { documentsHome, NOBODY } from "../../../test/helpers/kept-documents.ts";
import { testLives } from "../../../test/helpers/life.ts";

const newLife = testLives();

async function home() {
  const { root, store, open: openDocument } = await documentsHome(newLife());
  const open = async (name: string, encoding?: TextEncoding) => {
    const document = await openDocument(name, encoding);
    await document.attach("ada", NOBODY, { admit: () => {} });
    const type = (text: string) => document.update("ada", document.generation, typed(text));
    const close = () => {
      document.detach("ada");
      return document.close();
    };
    return { document, type, close };
  };
  const kept = () => readdir(join(root, ".cocalc/documents")).catch(() => []);
  return { root, store, open, kept };
}

function typed(text: string): Uint8Array {
  const doc = new Y.Doc();
  textOf(doc).insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

test("each file that somebody only read left a copy of itself for 60 days", async () => {
  const { root, open, kept } = await home();
  await writeFile(join(root, "a.txt"), "x".repeat(100_000));
  const looked = [await open("a.txt"), await open("not-there.txt")];
  await writeFile(join(root, "a.txt"), "changed by a program");
  await looked[0]?.document.lookAtDisk();
  for (const { close } of looked) await close();
  expect(await kept()).toEqual([]);
  expect(await readFile(join(root, "a.txt"), "utf8")).toBe("changed by a program");
});

test("what was typed into keeps its log and its generation, also when it is only read later", async () => {
  const { root, open, kept } = await home();
  await writeFile(join(root, "a.txt"), "text");
  const first = await open("a.txt");
  const { generation } = first.document;
  first.type("typed ");
  await first.close();
  for (let times = 0; times < 2; times++) {
    const again = await open("a.txt");
    expect(again.document.generation).toBe(generation);
    await again.close();
    expect(await kept()).toHaveLength(1);
  }
});

test("who only reads while the server stops comes back to the same generation, and then nothing is left", async () => {
  const { root, store, open, kept } = await home();
  await writeFile(join(root, "a.txt"), "text");
  const first = await open("a.txt");
  await first.document.close(); // with its reader
  expect(await store.leftOpen()).toEqual(["a.txt"]); // so the next server looks at it, whoever comes
  const again = await open("a.txt");
  expect(again.document.generation).toBe(first.document.generation);
  await again.close();
  expect(await kept()).toEqual([]);
});

test("of what is not in the file the log stays: a text whose file was deleted, and a chosen encoding", async () => {
  const { root, open, kept } = await home();
  await writeFile(join(root, "deleted.txt"), "text");
  await writeFile(join(root, "latin.txt"), Buffer.from([0xe9]));
  const deleted = await open("deleted.txt");
  await rm(join(root, "deleted.txt"));
  await deleted.document.lookAtDisk();
  await deleted.close();
  expect(await kept()).toHaveLength(1);
  await (await open("latin.txt", "windows-1252")).close();
  expect(await kept()).toHaveLength(2);
  const latin = await open("latin.txt");
  expect(latin.document.length).toBe(1);
});
