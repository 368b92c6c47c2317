/** What pages say of a quota before it is changed: by the rules of a start. */

import { expect, test } from "@jest/globals";
import type { SiteLicense } from "../../protocol/licenses.ts";
import type { QuotaInputs } from "../../protocol/quota-inputs.ts";
import { adminChange, adminFormOf, adminProblems, settingsWith } from "./admin-quotas.ts";
import { asGiven, previewOf, previewOfAdding, previewOfRemoving, whyUnknown } from "./quota-preview.ts";

const NOW = Date.parse("2030-01-02T03:04:05.678Z");
const INPUTS: QuotaInputs = { defaultQuotas: {}, maxUpgrades: {}, settings: {}, upgrades: [], licenses: [] };
const LICENSE: SiteLicense = {
  id: "11111111-0000-4000-8000-000000000000",
  title: "Class",
  description: "",
  activates: "2030-01-01T00:00:00.000Z",
  expires: null,
  created: null,
  last_used: null,
  restricted: false,
  upgrades: null,
  quota: { ram: 4, cpu: 2, member: true },
  run_limit: null,
  running: 0,
};

const told = (changes: ReturnType<typeof previewOf> = []) =>
  changes.map(({ name, before, after, lower }) => `${name}: ${before} → ${after}${lower ? " (less)" : ""}`);

test("a licence says what it would add, and one that goes before those that are there what it would take", () => {
  const small = {
    ...LICENSE,
    id: "22222222-0000-4000-8000-000000000000",
    quota: { ram: 2, cpu: 1, always_running: true },
  };
  const first = told(previewOfAdding(INPUTS, LICENSE, NOW));
  expect(first).toEqual([
    "Memory: 1 GB → 4 GB",
    "Memory set aside: 200 MB → 300 MB",
    "Processor: 1 core → 2 cores",
    "Processor set aside: 0.02 cores → 0.05 cores",
    "Internet: no → yes",
  ]);
  const withFirst = { ...INPUTS, licenses: [asGiven(LICENSE, NOW)] };
  expect(told(previewOfAdding(withFirst, small, NOW))).toEqual(
    expect.arrayContaining(["Memory: 4 GB → 2 GB (less)", "Processor: 2 cores → 1 core (less)"]),
  );
  expect(told(previewOfRemoving(withFirst, LICENSE.id))).toContain("Memory: 4 GB → 1 GB (less)");
});

test("one that is not in force, or of which all places are taken, would change nothing, and says why", () => {
  for (const [license, reason] of [
    [{ ...LICENSE, expires: "2030-01-02T00:00:00.000Z" }, "It has ended."],
    [{ ...LICENSE, activates: null }, "It has not begun."],
    [{ ...LICENSE, run_limit: 3, running: 3 }, "All of its places are taken now."],
  ] as const) {
    expect(asGiven(license, NOW).reason).toBe(reason);
    expect(previewOfAdding(INPUTS, license, NOW)).toEqual([]);
  }
});

test("while what the site says of quotas is not well formed, pages told what no start gives", () => {
  const inputs = { ...INPUTS, illFormed: ["default_quotas"] };
  expect(previewOf(inputs, { settings: { memory: 8_000 } })).toBeUndefined();
  expect(previewOfAdding(inputs, LICENSE, NOW)).toBeUndefined();
  expect(previewOfRemoving(inputs, LICENSE.id)).toBeUndefined();
  expect(whyUnknown(inputs)).toMatch(/next start gives it: default_quotas, a setting of this site, cannot be read/);
  expect(whyUnknown({ ...INPUTS, illFormed: [] })).toBeUndefined();
});

test("what an administrator grants is sent in the units of the API, and shows what it would do", () => {
  const settings = { memory: 4000, cpu_shares: 512, mintime: 7200, network: 1, other: "kept" };
  const before = adminFormOf(settings);
  expect(before).toMatchObject({ memory_limit: "4000", cpu_request: "0.5", internet: true });
  expect(adminChange(before, before)).toEqual({});
  const form = {
    ...before,
    memory_limit: "8000",
    cpu_request: "",
    internet: false,
  };
  expect(adminChange(form, before)).toEqual({
    memory_limit: 8000,
    cpu_request: null,
    internet: null,
  });
  expect(settingsWith(settings, form)).toEqual({ memory: 8000, mintime: 7200, other: "kept" });
  expect(told(previewOf({ ...INPUTS, settings }, { settings: settingsWith(settings, form) }))).toContain(
    "Memory: 4 GB → 8 GB",
  );
  expect(adminFormOf({ memory: "rubbish", cores: null, mintime: -1 })).toMatchObject({
    memory_limit: "",
    cpu_limit: "",
  });
  expect(Object.keys(adminProblems({ ...before, cpu_limit: "much", pool: "a b" }))).toEqual(["cpu_limit", "pool"]);
  const pooled = { ...before, pool: " lab " };
  expect(adminChange(pooled, before)).toEqual({ pool: "lab" });
  expect(settingsWith(settings, pooled)).toEqual({ ...settings, pool: "lab" });
  const ofPool = adminFormOf({ pool: "lab" });
  expect(adminChange({ ...ofPool, pool: "" }, ofPool)).toEqual({ pool: null });
  expect(settingsWith({ pool: "lab" }, { ...ofPool, pool: "" })).toEqual({});
});
