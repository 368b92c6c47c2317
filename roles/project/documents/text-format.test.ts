/** Between a file's bytes and its text: what nobody edits stays as it is. */

import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { TEXT_ENCODINGS, type TextEncoding } from "../../../src/protocol/document-text.ts";
import { decodeText, encodeText } from "./text-format.ts";

test("a file that is not edited is written as it was, whatever its line endings", () => {
  const raw = fc.string({ unit: fc.constantFrom("a", "\r", "\n", "\r\n", "é", "😀", "\ufeff"), maxLength: 60 });
  fc.assert(
    fc.property(raw, (content) => {
      const decoded = decodeText(Buffer.from(content));
      if (decoded === undefined) throw new Error("text is text");
      expect(decoded.text).not.toContain("\r");
      expect(encodeText(decoded.text, decoded.format).bytes.toString()).toBe(content);
    }),
    { numRuns: 1_000 },
  );
});

test("an edit leaves the line endings of other lines alone", () => {
  const decoded = decodeText(Buffer.from("one\r\ntwo\nthree\r\n"));
  if (decoded === undefined) throw new Error("text is text");
  expect(decoded.text).toBe("one\ntwo\nthree\n");
  const edited = encodeText("one\ntwo\nnew\nthree\n", decoded.format);
  expect(edited.bytes.toString()).toBe("one\r\ntwo\nnew\r\nthree\r\n");
  expect(decodeText(Buffer.from([0xff, 0xfe, 0x41]))).toBeUndefined();
  expect(decodeText(Buffer.from("a\0b"))).toBeUndefined();
});

const ENCODINGS = Object.keys(TEXT_ENCODINGS) as TextEncoding[]; // the object's own keys

test("any bytes opened in any encoding are written as they were, but for what is edited", () => {
  const bytes = fc
    .array(
      fc.oneof(fc.uint8Array({ maxLength: 6 }), fc.constantFrom(..."a\n\r\0é😀".split("").map((c) => Buffer.from(c)))),
    )
    .map((parts) => Buffer.concat(parts));
  fc.assert(
    fc.property(bytes, fc.constantFrom(...ENCODINGS), fc.nat(20), (content, encoding, at) => {
      const decoded = decodeText(content, encoding);
      fc.pre(!encoding.startsWith("utf-16") || content.length % 2 === 0);
      if (decoded === undefined) throw new Error("in a given encoding all is text");
      const { text, format } = decoded;
      expect(encodeText(text, format).bytes).toEqual(content);
      const units = Array.from(text);
      const edited = [...units.slice(0, at), "<", ...units.slice(at)].join("");
      const again = encodeText(edited, format);
      expect(decodeText(again.bytes, encoding)?.text).toBe(edited);
      expect(encodeText(text, again.format).bytes.length).toBe(content.length);
    }),
    { numRuns: 500 },
  );
});

test("Latin-1 and UTF-16: what is typed is in the file's own encoding, or it is said that it cannot be", () => {
  const latin = decodeText(Buffer.from([0x63, 0xe9, 0x0d, 0x0a]), "windows-1252");
  expect(latin?.text).toBe("cé\n");
  if (latin === undefined) return;
  expect(encodeText("cé\nü€\n", latin.format).bytes).toEqual(Buffer.from([0x63, 0xe9, 13, 10, 0xfc, 0x80, 13, 10]));
  expect(() => encodeText("cé\n한\n", latin.format)).toThrow("“한” cannot be written in Western");
  const utf16 = decodeText(Buffer.from("\ufeffone\r\ntwo", "utf16le"));
  expect(utf16?.text).toBe("one\ntwo");
  if (utf16 === undefined) return;
  expect(encodeText("one\n😀\ntwo", utf16.format).bytes).toEqual(Buffer.from("\ufeffone\r\n😀\r\ntwo", "utf16le"));
});
