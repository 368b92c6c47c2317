/** Characters as people count them, found without asking for each. */

import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { graphemesOf, isSurelyBetween } from "./graphemes.ts";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const segmentsOf = (text: string) => Array.from(segmenter.segment(text), ({ segment }) => segment);
const unit = (code: number) => String.fromCharCode(code);

test("no two units between which text may surely be cut are ever one character", () => {
  const simple = Array.from({ length: 0x10000 }, (_, code) => code).filter((code) => isSurelyBetween(code, code));
  expect(simple.length).toBeGreaterThan(40_000);
  const kinds = [0x61, 0x0a, 0x5d0, 0x627, 0x2014, 0x2764, 0x3042, 0x4e00, 0xac00, 0xac01].map(unit);
  const together = simple.map((code) => kinds.map((kind) => unit(code) + kind).join("") + unit(code) + unit(code));
  const wrong = simple.filter((_, index) => {
    const text = together[index] ?? "";
    return segmentsOf(text).length !== text.length;
  });
  expect(wrong.map((code) => code.toString(16))).toEqual([]);
});

test("the characters of a text are the ones that the whole text has, whatever stands beside them", () => {
  const odd = [
    "a",
    "“",
    "—",
    "\n",
    "\r\n",
    "\r",
    "é",
    "e\u0301",
    "\u0301",
    "\u200d",
    "👩‍👧",
    "🇩🇪",
    "क्ष",
    "한",
    "\u1100",
    "\u11a8",
    "ก",
    "ำ",
    "❤\ufe0f",
  ];
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...odd), maxLength: 60 }), (text) => {
      expect(graphemesOf(text)).toEqual(segmentsOf(text));
    }),
    { numRuns: 2_000 },
  );
});
