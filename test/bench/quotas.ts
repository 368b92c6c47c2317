/** How many quotas are computed in a second, against reading the same inputs from JSON, without which nobody could compute them. */

import type { Life } from "../../src/core/life.ts";
import type { LicenseRow } from "../../src/domain/licenses/license-row-rules.ts";
import { licenseHook } from "../../src/domain/licenses/rules.ts";
import { runQuota } from "../../src/domain/quotas/rules.ts";
import type { QuotaInputs } from "../../src/protocol/quota-inputs.ts";
import { type Benchmark, type Figure, median, perSecond } from "./report.ts";

const ROUNDS = 7;
const ROUND_MS = 300;
/** Computed for each start, and for each click in a page: far more often than anybody asks, if it costs no more than reading its inputs ten times. */
const AIM_RATIO = 0.1;

const site = {
  defaultQuotas: { internet: true, idle_timeout: 3600, mem: 1000, cpu: 1, cpu_oc: 10, mem_oc: 5 },
  maxUpgrades: { memory: 32_000, cores: 8 },
};
const plain: QuotaInputs = { ...site, settings: { memory: 2000 }, upgrades: [], licenses: [] };
const rows: LicenseRow[] = ["a", "b"].map((letter) => ({
  id: `${letter.repeat(8)}-0000-4000-8000-000000000001`,
  title: "Course",
  quota: { ram: 4, cpu: 2, disk: 5, member: true, idle_timeout: "medium" },
  upgrades: null,
  activates: "2020-01-01T00:00:00",
  expires: null,
  run_limit: 50,
}));
const start = { inputs: plain, ids: rows.map(({ id }) => id), licenses: rows };

export function benchmark(_life: Life): Benchmark {
  return {
    name: "quotas",
    run: async () => [
      measure("quota of a project without a licence", plain, runQuota),
      measure("quota of a project with two licences", { ...plain, licenses: rows }, (inputs: unknown) =>
        runQuota(inputs as QuotaInputs),
      ),
      measure("two licences at a start: status of each and the quota", start, (inputs: unknown) =>
        licenseHook({ ...(inputs as typeof start), nowMs: 1.8e12, hasSeat: () => true }),
      ),
    ],
  };
}

function measure<Inputs>(what: string, inputs: Inputs, compute: (inputs: Inputs) => unknown): Figure {
  const text = JSON.stringify(inputs);
  const rounds = Array.from({ length: ROUNDS }, () => ({
    ours: rate(() => compute(inputs)),
    bare: rate(() => JSON.parse(text)),
  })).slice(1); // the first one warms up
  const ratios = rounds.map(({ ours, bare }) => ours / bare);
  return {
    what,
    measured: perSecond(median(rounds.map(({ ours }) => ours))),
    against: `JSON.parse of the inputs: ${perSecond(median(rounds.map(({ bare }) => bare)))}`,
    ratio: median(ratios),
    ratios,
    aim: `≥ ${AIM_RATIO}`,
    met: median(ratios) >= AIM_RATIO,
    how: `${ROUNDS - 1} rounds by turns of ${ROUND_MS} ms, medians, in processor time; ${text.length} bytes`,
  };
}

/** Runs in a second of processor time: whoever else uses the machine does not count. */
function rate(run: () => unknown): number {
  const [began, before] = [performance.now(), process.cpuUsage()];
  let count = 0;
  for (; performance.now() - began < ROUND_MS; count += 100) for (let once = 0; once < 100; once += 1) run();
  const { user, system } = process.cpuUsage(before);
  return (1e6 * count) / (user + system);
}
