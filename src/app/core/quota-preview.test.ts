/** What pages say of a quota before it is changed: by the rules of a start. */

import { expect, test } from "@jest/globals";
import type { SiteLicense } from "../../protocol/licenses.ts";
import type { QuotaInputs } from "../../protocol/quota-inputs.ts";
import { adminChange, adminFormOf, adminProblems, settingsWith } from "./admin-quotas.ts";
import { asGiven, previewOf, previewOfAdding, previewOfRemoving } from "./quota-preview.ts";
import { quotaWords } from "./quota-words.ts";

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

const told = (changes: ReturnType<typeof previewOf>) =>
  changes.map(({ field, before, after, lower }) => `${field} ${before} ${after}${lower ? " less" : ""}`);

test("a licence says what it would add, and one that goes before those that are there what it would take", () => {
  const small = {
    ...LICENSE,
    id: "22222222-0000-4000-8000-000000000000",
    quota: { ram: 2, cpu: 1, always_running: true },
  };
  const first = told(previewOfAdding(INPUTS, LICENSE, NOW));
  expect(first).toContain("memory_limit 1000 4000");
  expect(first.filter((change) => change.endsWith("less"))).toEqual([]);
  const withFirst = { ...INPUTS, licenses: [asGiven(LICENSE, NOW)] };
  expect(told(previewOfAdding(withFirst, small, NOW))).toEqual(
    expect.arrayContaining(["memory_limit 4000 2000 less", "cpu_limit 2 1 less", "always_running false true"]),
  );
  expect(told(previewOfRemoving(withFirst, LICENSE.id))).toContain("memory_limit 4000 1000 less");
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

test("what an administrator grants is sent in the units of the API, and shows what it would do", () => {
  const settings = { memory: 4000, cpu_shares: 512, mintime: 7200, network: 1, other: "kept" };
  const before = adminFormOf(settings);
  expect(before).toMatchObject({ memory_limit: "4000", cpu_request: "0.5", idle_timeout: "120", internet: true });
  expect(adminChange(before, before)).toEqual({});
  const form = {
    ...before,
    memory_limit: "8000",
    cpu_request: "",
    idle_timeout: "60",
    internet: false,
    always_running: true,
  };
  expect(adminChange(form, before)).toEqual({
    memory_limit: 8000,
    cpu_request: null,
    idle_timeout: 3600,
    internet: null,
    always_running: true,
  });
  expect(settingsWith(settings, form)).toEqual({ memory: 8000, mintime: 3600, always_running: 1, other: "kept" });
  expect(told(previewOf({ ...INPUTS, settings }, { settings: settingsWith(settings, form) }))).toContain(
    "memory_limit 4000 8000",
  );
  expect(adminFormOf({ memory: "rubbish", cores: null, mintime: -1 })).toMatchObject({
    memory_limit: "",
    cpu_limit: "",
  });
  expect(Object.keys(adminProblems({ ...before, disk_quota: "much" }))).toEqual(["disk_quota"]);
});

test("values of a quota in words", () => {
  expect(quotaWords("memory_limit", 2500)).toBe("2.5 GB");
  expect(quotaWords("cpu_limit", 1)).toBe("1 core");
  expect(quotaWords("idle_timeout", 5400)).toBe("1 h 30 min");
  expect(quotaWords("network", true)).toBe("yes");
  expect(quotaWords("gpu", { num: 2 })).toBe("2");
  expect(quotaWords("gpu", false)).toBe("no");
  expect(quotaWords("pool", undefined)).toBe("no");
  expect(quotaWords("patch", [{}])).toBe("1");
  expect(quotaWords("dedicated_vm", { machine: "onprem" })).toBe("onprem");
});
