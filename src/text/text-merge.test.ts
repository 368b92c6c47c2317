/** Merging of texts: identities, and that nothing is doubled, lost or cut in two. */

import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { applyChanges } from "../../test/helpers/apply-changes.ts";
import { mergeChanges } from "./text-merge.ts";

const merge = (base: string, ours: string, theirs: string) => applyChanges(ours, mergeChanges(base, ours, theirs));
const UNITS = ["a", "b", "c", "\n", " ", "😀", "🔖", "🤖", "e\u0301", "👩‍👧", "🇩🇪", "\r\n", "क्ष"];
const text = fc.string({ maxLength: 30, unit: fc.constantFrom(...UNITS) });

test("one side alone changed: its text is the result", () => {
  fc.assert(fc.property(text, text, (base, changed) => merge(base, changed, base) === changed));
  fc.assert(fc.property(text, text, (base, changed) => merge(base, base, changed) === changed));
});

test("both made the same change: it is there once", () => {
  fc.assert(fc.property(text, text, (base, changed) => merge(base, changed, changed) === changed));
  expect(merge("one\ntwo\n", "zero\none\nnew\ntwo\n", "one\nnew\ntwo\n")).toBe("zero\none\nnew\ntwo\n");
  expect(merge("one\ntwo\n", "one\none\ntwo\nthree\n", "one\none\ntwo\n")).toBe("one\none\ntwo\nthree\n");
});

test("changes at different places are both there", () => {
  expect(merge("alpha beta gamma", "alpha beta gamma delta", "alpha BETA gamma")).toBe("alpha BETA gamma delta");
  expect(merge("abc", "abcY", "Xabc")).toBe("XabcY");
});

test("both put something in at one place: both stay, ours first", () => {
  expect(merge("ab", "aOb", "aTb")).toBe("aOTb");
});

test("what one side removed stays removed while the other changed around it", () => {
  expect(merge("keep drop keep", "keep drop keep!", "keep keep")).toBe("keep keep!");
  expect(merge("one two three", "one 2 three", "one three")).toContain("2");
});

test("a🔖b against a🔖🤖b: no half of a pair is left", () => {
  expect(merge("a🔖b", "a🔖b", "a🔖🤖b")).toBe("a🔖🤖b");
  expect(merge("ab", "a🔖b", "a🔖🤖b")).toBe("a🔖🤖b");
  expect(merge("a🔖b", "a🤖b", "a🔖🤖b").isWellFormed()).toBe(true);
  expect(merge("", "\u{1f516}", "\u{1f517}")).toBe("\u{1f516}\u{1f517}");
});

test("changes are in order, in range, and never inside of a character, for any three texts", () => {
  fc.assert(
    fc.property(text, text, text, (base, ours, theirs) => {
      const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(ours);
      const places = new Set([...Array.from(segments, ({ index }) => index), ours.length]);
      let from = 0;
      for (const { at, remove, insert } of mergeChanges(base, ours, theirs)) {
        expect(at).toBeGreaterThanOrEqual(from);
        expect([at, at + remove].every((place) => places.has(place))).toBe(true);
        expect(insert.isWellFormed()).toBe(true);
        from = at + remove;
      }
      expect(from).toBeLessThanOrEqual(ours.length);
      expect(merge(base, ours, theirs).isWellFormed()).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("what either side inserted is there once, whatever the other did", () => {
  const edit = fc.record({ at: fc.nat(60), remove: fc.nat(10) });
  const edits = fc.array(edit, { maxLength: 3 });
  fc.assert(
    fc.property(text, edits, edits, (base, ours, theirs) => {
      const edited = (which: typeof ours, mark: string) =>
        which.reduce((now, { at, remove }, index) => {
          const units = Array.from(now);
          units.splice(Math.min(at, units.length), remove, `${mark}${index}${mark}`);
          return units.join("");
        }, base);
      const [our, their] = [edited(ours, "<"), edited(theirs, ">")];
      const merged = merge(base, our, their);
      const count = (where: string, mark: string) => where.split(mark).length;
      expect(count(merged, "<")).toBe(count(our, "<"));
      expect(count(merged, ">")).toBe(count(their, ">"));
    }),
    { numRuns: 500 },
  );
});

test("edits at different places of a long text are both kept exactly", () => {
  const lines = Array.from({ length: 50_000 }, (_, index) => `line ${index}\n`);
  const changed = (index: number, line: string) => lines.with(index, line).join("");
  expect(merge(lines.join(""), changed(10, "ours\n"), changed(49_000, "theirs\n"))).toBe(
    lines.with(10, "ours\n").with(49_000, "theirs\n").join(""),
  );
});
