import { expect, test } from "@jest/globals";
import type { QuotaInputs } from "../../protocol/quota-inputs.ts";
import { runQuota } from "./rules.ts";

const S = { internet: true, idle_timeout: 3600, mem: 1000, cpu: 1, cpu_oc: 10, mem_oc: 5 };

/** memory request, cpu request, disk, memory limit, cpu limit, idle, and the flags by their first letter. */
function summary(inputs: Partial<QuotaInputs>) {
  const q = runQuota({ defaultQuotas: {}, maxUpgrades: {}, settings: {}, upgrades: [], licenses: [], ...inputs });
  const flags = [q.network && "N", q.member_host && "M", q.always_running && "A"].filter(Boolean).join(" ");
  return [q.memory_request, q.cpu_request, q.disk_quota, q.memory_limit, q.cpu_limit, q.idle_timeout, flags];
}

const settings = {
  memory: 4000,
  cores: 2,
  cpu_shares: 512,
  memory_request: 1500,
  mintime: 7200,
  network: 1,
  member_host: 1,
  always_running: 1,
  disk_quota: "5000",
};

test.each<[string, Partial<QuotaInputs>, unknown[]]>([
  ["nothing is set", {}, [200, 0.02, 3000, 1000, 1, 1800, ""]],
  ["the site has defaults", { defaultQuotas: S }, [200, 0.1, 3000, 1000, 1, 3600, "N"]],
  ["an administrator set quotas", { defaultQuotas: S, settings }, [1500, 0.5, 5000, 4000, 2, 7200, "N M A"]],
  [
    "members gave upgrades",
    { upgrades: [{ memory: 3000, cores: 1, network: 1, member_host: 1, mintime: 3600 }, { memory: 2000 }] },
    [300, 0.05, 3000, 6000, 2, 5400, "N M"],
  ],
  [
    "internet is taken away",
    { defaultQuotas: S, settings: { disableInternet: true } },
    [200, 0.1, 3000, 1000, 1, 3600, ""],
  ],
  [
    "over-commitment below one counts as one",
    { defaultQuotas: { mem: 2000, cpu: 2, mem_oc: 0.5, cpu_oc: 1 } },
    [2000, 2, 3000, 2000, 2, 1800, ""],
  ],
  [
    "requests follow limits",
    { defaultQuotas: { mem_oc: 5, cpu_oc: 10 }, settings: { memory: 4000, cores: 2 } },
    [800, 0.2, 3000, 4000, 2, 1800, ""],
  ],
])("the quota when %s", (_what, inputs, expected) => {
  expect(summary(inputs)).toEqual(expected);
});
