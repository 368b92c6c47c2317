/** The algebra of differences and merges, on texts that a generator makes. */

import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { applyChanges, changesBetween, mergeChanges } from "./text-changes.ts";
import { decodeText, encodeText } from "./text-format.ts";

const short = fc.string({ unit: fc.constantFrom("a", "b", "\n", "😀", "😁", "x y"), maxLength: 40 });
const long = fc
  .array(fc.constantFrom("alpha\n", "beta\n", "gamma 😀\n", "delta ".repeat(200), "\n"), { maxLength: 200 })
  .map((parts) => parts.join(""));
const text = fc.oneof(short, long);
const isWhole = (value: string) => value.isWellFormed();

test("the changes between two texts lead from one to the other, and cut no character in two", () => {
  fc.assert(
    fc.property(text, text, (from, to) => {
      const changes = changesBetween(from, to);
      expect(applyChanges(from, changes)).toBe(to);
      for (const { at, remove, insert } of changes)
        expect([insert, from.slice(at, at + remove)].every(isWhole)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("merging: nothing changed, only ours, only theirs, both alike", () => {
  fc.assert(
    fc.property(text, text, (base, other) => {
      expect(mergeChanges(base, other, base)).toEqual([]);
      expect(mergeChanges(base, other, other)).toEqual([]);
      expect(applyChanges(base, mergeChanges(base, base, other))).toBe(other);
    }),
    { numRuns: 300 },
  );
});

test("merging: what either side inserted is there once, whatever the other did", () => {
  const edit = fc.record({ at: fc.nat(60), remove: fc.nat(10) });
  fc.assert(
    fc.property(short, fc.array(edit, { maxLength: 3 }), fc.array(edit, { maxLength: 3 }), (base, ours, theirs) => {
      const edited = (edits: typeof ours, mark: string) =>
        edits.reduce((now, { at, remove }, index) => {
          const units = Array.from(now);
          units.splice(Math.min(at, units.length), remove, `${mark}${index}${mark}`);
          return units.join("");
        }, base);
      const [our, their] = [edited(ours, "<"), edited(theirs, ">")];
      const merged = applyChanges(our, mergeChanges(base, our, their));
      expect(merged.isWellFormed()).toBe(true);
      const count = (where: string, mark: string) => where.split(mark).length;
      expect(count(merged, "<")).toBe(count(our, "<"));
      expect(count(merged, ">")).toBe(count(their, ">"));
    }),
    { numRuns: 500 },
  );
});

test("edits at different places of a long text are both kept exactly", () => {
  const lines = Array.from({ length: 50_000 }, (_, index) => `line ${index}\n`);
  const with_ = (index: number, line: string) => lines.with(index, line).join("");
  const base = lines.join("");
  const began = performance.now();
  const ours = with_(10, "ours\n");
  const merged = applyChanges(ours, mergeChanges(base, ours, with_(49_000, "theirs\n")));
  expect(merged).toBe(lines.with(10, "ours\n").with(49_000, "theirs\n").join(""));
  expect(performance.now() - began).toBeLessThan(3_000);
});

test("two wholly different large texts are compared in bounded time", () => {
  const made = (seed: number) => Array.from({ length: 60_000 }, (_, i) => `${(i * seed) % 1_000_003}\n`).join("");
  const [a, b] = [made(7), made(11)];
  const began = performance.now();
  expect(applyChanges(a, changesBetween(a, b))).toBe(b);
  expect(performance.now() - began).toBeLessThan(5_000);
});

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
