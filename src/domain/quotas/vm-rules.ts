/** Dedicated machines: which are known, and what a project has on one. Pure. */

import type { LicenseQuota } from "../../protocol/licenses.ts";
import type { Numbers } from "./numbers-rules.ts";

export interface Machine {
  /** As `run_quota.dedicated_vm` says it. */
  vm: { name?: string | undefined; machine: string };
  /** What it says of a quota; the rest is the site's. */
  amounts: Partial<Numbers>;
}

/** GB for each core of the kinds that can be told from their names. */
const GB_PER_CORE: Readonly<Record<string, number>> = { "n2-standard": 4, "n2-highmem": 8 };

/** What the system of such a machine keeps for itself, in MB. */
const OF_THE_SYSTEM = 2_000;

/** The machine that a licence names; undefined: none, or one that nobody knows. `own`: what the licence would give without it. */
export function machineOf({ dedicated_vm: vm }: LicenseQuota, own: Numbers): Machine | undefined {
  if (typeof vm !== "object") return undefined;
  const amounts = vm.machine === "onprem" ? ofTheSite(own) : ofTheName(vm.machine);
  return amounts && { vm, amounts: { ...amounts, network: 1, member_host: 1, memory_request: 0, cpu_request: 0 } };
}

/** One of the site's own, so the licence says how large it is; nothing can run without some memory and a core. */
function ofTheSite(own: Numbers): Partial<Numbers> {
  return { ...own, memory_limit: Math.max(1_000, own.memory_limit), cpu_limit: own.cpu_limit || 1 };
}

function ofTheName(name: string): Partial<Numbers> | undefined {
  const [, kind = "", digits = ""] = /^(n2-[a-z]+)-([1-9]\d{0,2})$/.exec(name) ?? [];
  const cores = Number(digits);
  const perCore = GB_PER_CORE[kind];
  if (perCore === undefined) return undefined;
  return { always_running: 1, memory_limit: 1_000 * perCore * cores - OF_THE_SYSTEM, cpu_limit: cores };
}
