/** Merging of texts: identities, and that nothing is doubled or lost. */

import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { applyEdits, editsBetween, rebaseEdits } from "./text-merge.ts";

const merge = (base: string, mine: string, theirs: string) => applyEdits(theirs, rebaseEdits(base, mine, theirs));
const text = fc.string({ maxLength: 30, unit: fc.constantFrom("a", "b", "c", "\n", " ") });

test("edits lead from one text to the other", () => {
  fc.assert(fc.property(text, text, (a, b) => applyEdits(a, editsBetween(a, b)) === b));
});

test("one side alone changed: its text is the result", () => {
  fc.assert(fc.property(text, text, (base, changed) => merge(base, changed, base) === changed));
  fc.assert(fc.property(text, text, (base, changed) => merge(base, base, changed) === changed));
});

test("both made the same change: it is there once", () => {
  fc.assert(fc.property(text, text, (base, changed) => merge(base, changed, changed) === changed));
  expect(merge("one\ntwo\n", "one\nnew\ntwo\n", "zero\none\nnew\ntwo\n")).toBe("zero\none\nnew\ntwo\n");
});

test("changes at different places are both there", () => {
  expect(merge("alpha beta gamma", "alpha BETA gamma", "alpha beta gamma delta")).toBe("alpha BETA gamma delta");
  expect(merge("abc", "Xabc", "abcY")).toBe("XabcY");
});

test("both put something in at one place: both stay", () => {
  expect(merge("ab", "aMb", "aTb")).toBe("aTMb");
});

test("what one side removed stays removed while the other changed around it", () => {
  expect(merge("keep drop keep", "keep keep", "keep drop keep!")).toBe("keep keep!");
  expect(merge("one two three", "one three", "one 2 three")).toContain("2");
});

test("edits are ascending and in range for any three texts", () => {
  fc.assert(
    fc.property(text, text, text, (base, mine, theirs) => {
      let from = 0;
      for (const { at, removed } of rebaseEdits(base, mine, theirs)) {
        expect(at).toBeGreaterThanOrEqual(from);
        from = at + removed;
      }
      expect(from).toBeLessThanOrEqual(theirs.length);
    }),
  );
});
