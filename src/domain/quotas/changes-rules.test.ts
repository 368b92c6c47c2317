import { expect, test } from "@jest/globals";
import type { QuotaInputs } from "../../protocol/quota-inputs.ts";
import { quotaChanges } from "./changes-rules.ts";
import { runQuota } from "./rules.ts";

const before = { id: "a", quota: { ram: 8, cpu: 2 } };
const quotaWith = (...licenses: QuotaInputs["licenses"]) =>
  runQuota({ defaultQuotas: {}, maxUpgrades: {}, settings: {}, upgrades: [], licenses });

test("nothing differs from itself, whatever the order of its fields", () => {
  const gpu = (quota: object) => quotaWith({ id: "a", quota: { gpu: quota } });
  expect(quotaChanges(gpu({ num: 2, resource: "x" }), gpu({ resource: "x", num: 2 }))).toEqual([]);
});

test("a licence of a better hosting that gives less lowers the sum, and that is seen before", () => {
  const after = quotaWith(before, { id: "b", quota: { ram: 2, always_running: true } });
  expect(quotaChanges(quotaWith(before), after)).toEqual([
    { field: "memory_limit", before: 8_000, after: 2_000, inPlace: true, lower: true },
    { field: "cpu_limit", before: 2, after: 1, inPlace: true, lower: true },
    { field: "always_running", before: false, after: true, inPlace: true, lower: false },
  ]);
});

test("what is no amount needs a restart", () => {
  const after = quotaWith(before, { id: "b", quota: { ext_rw: true, gpu: { num: 2 }, pool: "large" } });
  const changes = quotaChanges(quotaWith(before), after);
  expect(changes.map(({ field, inPlace, lower }) => [field, inPlace, lower])).toEqual([
    ["gpu", false, false],
    ["ext_rw", false, false],
    ["pool", false, false],
  ]);
  expect(quotaChanges(after, quotaWith(before)).map(({ lower }) => lower)).toEqual([true, true, true]);
  expect(quotaChanges(after, quotaWith({ id: "b", quota: { gpu: true } }))).toContainEqual(
    expect.objectContaining({ field: "gpu", lower: true }),
  );
});
