/** Between a file's bytes and its text: what nobody edits stays as it is. */

import { expect, test } from "@jest/globals";
import fc from "fast-check";
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
