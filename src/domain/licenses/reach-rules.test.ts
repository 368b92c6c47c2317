import { expect, test } from "@jest/globals";
import { gainedForFew, isDangerous, isForFew } from "./reach-rules.ts";

test("what is scarce or changes what others run is for few, and amounts are for everybody", () => {
  const few = [
    { ext_rw: true },
    { ext_rw: "true" },
    { patch: "[]" },
    { pool: "big" },
    { gpu: true },
    { gpu: { num: 1 } },
  ];
  for (const quota of [...few, { dedicated_vm: { machine: "n2" } }])
    expect([quota, isForFew(quota)]).toEqual([quota, true]);
  const open = [null, undefined, [], "x", {}, { ram: 4, cpu: 2, member: true, always_running: true }];
  for (const quota of [...open, { ext_rw: false, gpu: false, patch: "", dedicated_vm: false }])
    expect([quota, isForFew(quota)]).toEqual([quota, false]);
});

test("writing the shared software, changing the pod and choosing nodes by labels of its own is dangerous", () => {
  const dangerous = [
    { ext_rw: 1 },
    { patch: "[]" },
    { gpu: { num: 1, toleration: "a=b" } },
    { gpu: { nodeLabel: "a=b" } },
  ];
  for (const quota of [...dangerous, { gpu: { resource: "memory" } }])
    expect([quota, isDangerous(quota)]).toEqual([quota, true]);
  for (const quota of [null, "x", { gpu: true }, { gpu: { num: 2 } }, { pool: "big" }, { ram: 4 }])
    expect([quota, isDangerous(quota)]).toEqual([quota, false]);
});

test("gained is what was not given before, whatever else changes", () => {
  expect(gainedForFew({ ram: 1, pool: "a" }, { ram: 4, pool: "b", ext_rw: true, gpu: 1 })).toEqual(["ext_rw", "gpu"]);
  for (const before of [null, "x", { ext_rw: false }])
    expect(gainedForFew(before, { ext_rw: true })).toEqual(["ext_rw"]);
  expect(gainedForFew({ ext_rw: "true", patch: "[]" }, { ext_rw: true })).toEqual([]);
  expect(gainedForFew({ ext_rw: true }, null)).toEqual([]);
});
