/** What our own editor wrote can be opened again, whatever characters were pasted into it. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import * as Y from "yjs";
import { TEXT_ENCODINGS, type TextEncoding } from "../../../src/protocol/document-text.ts";
import { textOf } from "../../../src/text/yjs-text.ts";
import { documentsHome, NOBODY } from "../../../test/helpers/kept-documents.ts";
import { testLives } from "../../../test/helpers/life.ts";

const newLife = testLives();

async function home() {
  const { root, open: openDocument } = await documentsHome(newLife());
  const open = async (name: string, encoding?: TextEncoding) => {
    const document = await openDocument(name, encoding);
    const view = await document.attach("ada", NOBODY, { admit: () => {} });
    if (view === undefined) throw new Error("it is open");
    const doc = new Y.Doc();
    Y.applyUpdate(doc, view.update);
    const paste = (text: string) => {
      const before = Y.encodeStateVector(doc);
      textOf(doc).insert(0, text);
      document.update("ada", view.generation, Y.encodeStateAsUpdate(doc, before));
    };
    const close = () => {
      document.detach("ada");
      return document.close();
    };
    return { document, paste, close, text: textOf(doc).toString(), encoding: view.encoding };
  };
  return { root, open };
}

const ENCODINGS = Object.keys(TEXT_ENCODINGS) as TextEncoding[]; // the object's own keys
/** What a file holds at first, how it is opened, and what is pasted. */
const CASES: [string, Buffer, TextEncoding | undefined, string][] = [
  ...ENCODINGS.map((encoding): [string, Buffer, TextEncoding, string] => [
    `a file opened in ${encoding}`,
    encoding.startsWith("utf-16") ? Buffer.from([0xd8, 0xd8]) : Buffer.from([0x61, 0xe9]),
    encoding,
    "\0",
  ]),
  ["an empty file", Buffer.from(""), undefined, "\0"],
  ["UTF-8", Buffer.from("é"), undefined, "a\0b"],
  ["UTF-8 with a mark", Buffer.from("\ufeffé"), undefined, "\0"],
  ["UTF-8 of several line ends", Buffer.from("é\r\n\n"), undefined, "\0"],
  ["UTF-8 of several line ends, and what stands for a byte", Buffer.from("é\r\n\n"), undefined, "\uf7ff"],
  ["UTF-16, little endian, with a mark", Buffer.from("\ufeffone", "utf16le"), undefined, "\0"],
  ["UTF-16, big endian, with a mark", Buffer.from("\ufeffone", "utf16le").swap16(), undefined, "\0"],
  ["UTF-16 and what stands for what cannot be read", Buffer.from("\ufeffone", "utf16le"), undefined, "\ufffd"],
];

test.each(CASES)("a pasted NUL made a text that could not be opened again: %s", async (_, bytes, encoding, pasted) => {
  const { root, open } = await home();
  await writeFile(join(root, "a.txt"), bytes);
  const first = await open("a.txt", encoding);
  first.paste(pasted);
  await first.document.save();
  const written = await readFile(join(root, "a.txt"));
  await first.close();
  const again = await open("a.txt");
  expect(again.text).toBe(pasted + first.text);
  again.paste("more ");
  await again.document.save();
  expect((await readFile(join(root, "a.txt"))).length).toBeGreaterThan(written.length);
});

test("a text with a NUL that is put elsewhere opens in the encoding it was written in, its bytes as they are", async () => {
  const { root, open } = await home();
  const first = await open("a.txt");
  first.paste("a\0b");
  await first.document.save({ create: true });
  const written = await readFile(join(root, "a.txt"));
  await writeFile(join(root, "copy.txt"), written);
  await expect(open("copy.txt")).rejects.toThrow("Open it in another encoding");
  expect((await open("copy.txt", "utf-8")).text).toBe("a\0b");
  expect(await readFile(join(root, "copy.txt"))).toEqual(written);
});
