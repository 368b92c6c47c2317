/** The algebra of differences, on texts that a generator makes. */

import { expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { applyChanges } from "../../test/helpers/apply-changes.ts";
import { Work } from "./sequence-hunks.ts";
import { type Change, changesBetween } from "./text-changes.ts";

const UNITS = [
  "a",
  "b",
  "\n",
  "x y",
  "😀",
  "🔖",
  "🤖",
  "e\u0301",
  "\u0301",
  "👩‍👧",
  "🇩🇪",
  "\r\n",
  "क्ष",
  "\u200d",
  "한",
  "9",
];
const short = fc.string({ unit: fc.constantFrom(...UNITS), maxLength: 40 });
const long = fc
  .array(fc.constantFrom("alpha\n", "beta\n", "gamma 😀\n", "delta ".repeat(60), "\n"), { maxLength: 60 })
  .map((parts) => parts.join(""));
const text = fc.oneof(short, long);

/** The places between what people see as characters. */
function placesOf(text: string): Set<number> {
  const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text);
  return new Set([...Array.from(segments, ({ index }) => index), text.length]);
}

/** Are both ends of every change between characters, in the old text as in the new one? */
function cutsNothing(from: string, to: string, changes: readonly Change[]): boolean {
  const [before, after] = [placesOf(from), placesOf(to)];
  let moved = 0;
  return changes.every(({ at, remove, insert }) => {
    const ends = [
      before.has(at),
      before.has(at + remove),
      after.has(at + moved),
      after.has(at + moved + insert.length),
    ];
    moved += insert.length - remove;
    return ends.every(Boolean);
  });
}

test("the changes between two texts lead from one to the other, are in order, and cut no character in two", () => {
  fc.assert(
    fc.property(text, text, (from, to) => {
      const changes = changesBetween(from, to);
      expect(applyChanges(from, changes)).toBe(to);
      expect(cutsNothing(from, to, changes)).toBe(true);
      for (const [index, { at }] of changes.entries()) {
        const before = changes[index - 1];
        if (before !== undefined) expect(at).toBeGreaterThan(before.at + before.remove);
      }
    }),
    { numRuns: 500 },
  );
});

test("also where there is not work enough to compare them", () => {
  fc.assert(
    fc.property(text, text, fc.nat(3_000), (from, to, most) => {
      const changes = changesBetween(from, to, new Work(most));
      expect(applyChanges(from, changes)).toBe(to);
      expect(cutsNothing(from, to, changes)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test("the same insertion or removal is found at the same place, whatever else was done further on", () => {
  expect(changesBetween("one\ntwo\n", "one\none\ntwo\n")).toEqual([{ at: 0, remove: 0, insert: "one\n" }]);
  expect(changesBetween("aaa b", "aaaa c")).toEqual([
    { at: 0, remove: 0, insert: "a" },
    { at: 4, remove: 1, insert: "c" },
  ]);
  expect(changesBetween("x\ny\ny\nz", "x\ny\nz")).toEqual([{ at: 2, remove: 2, insert: "" }]);
});

const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, at) => line(at)).join("");

/** Texts that made a comparison by characters take for ever, each with what they became. */
const HARD: Record<string, [string, string]> = {
  "400 lines changed of many": [
    lines(4_000, (at) => `line ${at} ${"text ".repeat(14)}\n`),
    lines(4_000, (at) => `line ${at} ${(at % 10 === 0 ? "TEXT! " : "text ").repeat(14)}\n`),
  ],
  "every line changed": [
    lines(4_000, (at) => `line ${at} ${"text ".repeat(14)}\n`),
    lines(4_000, (at) => `${at * 7} Zeile ${"Wort ".repeat(14)}\n`),
  ],
  "two different texts": [
    lines(60_000, (at) => `${(at * 7) % 1_000_003}\n`),
    lines(60_000, (at) => `${(at * 11) % 1_000_003}\n`),
  ],
  "one endless line": [lines(100_000, (at) => `${(at * 7) % 1_003} `), lines(100_000, (at) => `${(at * 11) % 1_003} `)],
  "pictures alone": ["🔖🤖".repeat(200_000), "🤖🔖🔖".repeat(150_000)],
  "nothing but line ends": ["\n".repeat(600_000), `${"\n".repeat(300_000)}x\n${"\n".repeat(200_000)}`],
  "two lines in all orders": [
    lines(30_000, (at) => ((at * at) % 7 < 3 ? "a\n" : "b\n")),
    lines(30_000, (at) => ((at * at * at) % 11 < 5 ? "a\n" : "b\n")),
  ],
};

test.each(Object.entries(HARD))("%s: the comparison ends when its work is used up", (_, [from, to]) => {
  const work = new Work(6_000_000);
  expect(applyChanges(from, changesBetween(from, to, work)) === to).toBe(true);
});

test.each([
  ["pictures", "🔖🤖".repeat(170_000), "🤖🔖🔖".repeat(110_000)],
  ["marks that combine", "e\u0301x ".repeat(150_000), "e\u0301y ".repeat(150_000)],
  ["a line of one letter and a mark", "xe\u0301\n".repeat(30_000), "ye\u0301\n".repeat(30_000)],
])(
  "%s just below what may be compared keep nobody waiting: little is cut by asking for each character",
  (_, from, to) => {
    const asked = jest.spyOn(Intl.Segmenter.prototype, "segment");
    expect(applyChanges(from, changesBetween(from, to)) === to).toBe(true);
    const units = asked.mock.calls.reduce((sum, [text = ""]) => sum + text.length, 0);
    asked.mockRestore();
    expect(units).toBeLessThan(from.length);
    expect(units).toBeLessThan(6_000_000 / 20);
  },
);

test("400 changed lines of a large text are 400 small changes", () => {
  const [from, to] = HARD["400 lines changed of many"] ?? ["", ""];
  const changes = changesBetween(from, to);
  const removed = changes.reduce((sum, { remove }) => sum + remove, 0);
  expect(from.length).toBeGreaterThan(318_000);
  expect(changes.length).toBeGreaterThanOrEqual(400);
  expect(removed).toBe(400 * 14 * 4); // the letters alone
});

test("a large insertion beside a small one is told apart from it", () => {
  const large = "x".repeat(3_000_000);
  expect(changesBetween("text\n", `typed text\n${large}`)).toEqual([
    { at: 0, remove: 0, insert: "typed " },
    { at: 5, remove: 0, insert: large },
  ]);
});
