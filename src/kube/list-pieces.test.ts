import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { ListPieces } from "./list-pieces.ts";

const frame = { kind: "PodList", apiVersion: "v1", metadata: { resourceVersion: "7" } };

function read(text: string, cuts: readonly number[]) {
  const pieces = new ListPieces();
  const bytes = Buffer.from(text);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  const items = ends.flatMap((end, index) => pieces.push(bytes.subarray(ends[index - 1] ?? 0, end)));
  return pieces.end(items);
}

test("a list that comes in any pieces is read as it would be in one", () => {
  const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()));
  const beside = fc.record({ remaining: fc.jsonValue(), note: fc.string() });
  fc.assert(
    fc.property(objects, beside, fc.array(fc.nat()), fc.nat(4), (items, more, cuts, indent) => {
      const text = JSON.stringify({ ...frame, metadata: { ...more, ...frame.metadata }, items }, null, indent);
      const kinds = { apiVersion: "v1", kind: "Pod" };
      // As JSON has them: of a number such as -0 no more is on the wire.
      const expected = (JSON.parse(text) as { items: object[] }).items.map((item) => ({ ...item, ...kinds }));
      expect(read(text, cuts)).toEqual({ metadata: frame.metadata, items: expected });
    }),
  );
});

test("a list without items, whether none or null, is empty", () => {
  for (const items of [[], null]) expect(read(JSON.stringify({ ...frame, items }), [5]).items).toEqual([]);
});

test.each([
  ["ends too soon", JSON.stringify({ ...frame, items: [{ a: 1 }] }).slice(0, -1)],
  ["ends within an object", JSON.stringify({ ...frame, items: [{ a: 1 }] }).slice(0, -4)],
  ["is no JSON", "<html>"],
  ["is empty", ""],
  ["is null", "null"],
  ["is no list", JSON.stringify({ items: [] })],
  ["has an object that is none", JSON.stringify({ ...frame, items: [] }).replace("[]", "[{a}]")],
  ["has an object without an end", `{"items":[{"a":"${"x".repeat(9 * 1024 * 1024)}`],
])("an answer that %s is refused", (_what, text) => {
  expect(() => read(text, [])).toThrow(expect.objectContaining({ code: "unavailable" }));
});
