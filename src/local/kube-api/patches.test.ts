/** Patches: merge, JSON and strategic, as kubectl and controllers send them. */

import { expect, test } from "@jest/globals";
import { applyJsonPatch, mergePatch, strategicMerge } from "./patches.ts";

test("a merge patch removes by null, merges objects, replaces lists", () => {
  expect(mergePatch({ a: { b: 1, c: 2 }, l: [1, 2] }, { a: { b: null, d: 3 }, l: [3] })).toEqual({
    a: { c: 2, d: 3 },
    l: [3],
  });
});

test("a JSON patch changes a copy; one that cannot be applied changes nothing", () => {
  const target = { a: { b: 1 } };
  expect(applyJsonPatch(target, [{ op: "add", path: "/a/c", value: 2 }])).toEqual({ a: { b: 1, c: 2 } });
  expect(() => applyJsonPatch(target, [{ op: "remove", path: "/x/y" }])).toThrow(/rejected our request/);
  expect(target).toEqual({ a: { b: 1 } });
});

test("a strategic merge patch merges containers by name and their variables too", () => {
  const spec = { containers: [{ name: "a", image: "1", env: [{ name: "X", value: "1" }] }, { name: "b" }] };
  const patch = {
    containers: [
      { name: "a", image: "2", env: [{ name: "Y", value: "2" }] },
      { name: "b", $patch: "delete" },
    ],
  };
  expect(strategicMerge(spec, patch)).toEqual({
    containers: [
      {
        name: "a",
        image: "2",
        env: [
          { name: "X", value: "1" },
          { name: "Y", value: "2" },
        ],
      },
    ],
  });
});

test("directives replace, delete from lists of values, and never land in the object", () => {
  const before = { metadata: { finalizers: ["a", "b"] }, data: { x: "1" }, spec: { taints: [{ key: "k" }] } };
  const patch = {
    "$setElementOrder/x": [],
    metadata: { "$deleteFromPrimitiveList/finalizers": ["a"], finalizers: ["c"] },
    data: { $patch: "replace", y: "2" },
    spec: { taints: [] },
  };
  expect(strategicMerge(before, patch)).toEqual({
    metadata: { finalizers: ["b", "c"] },
    data: { y: "2" },
    spec: { taints: [] },
  });
});
