/** A licence in words: what it gives, whether it is in force, and how much of it is left. Pure. */

import type { LicenseStatus, SiteLicense } from "../../protocol/licenses.ts";
import { countOf, formatMoment } from "./format.ts";
import { coresWords } from "./quota-words.ts";

type Gives = Pick<SiteLicense, "quota" | "upgrades">;
type Term = Pick<SiteLicense, "activates" | "expires">;

const IDLE_WORDS: Record<string, string> = { short: "30 minutes", medium: "2 hours", day: "a day" };

/** What it gives to a project, thing by thing; memory and disk of a licence are in GB. */
export function givesWords({ quota, upgrades }: Gives): string[] {
  if (quota === null) return upgradeWords(upgrades ?? {});
  const { ram = 0, dedicated_ram = 0, cpu = 0, dedicated_cpu = 0, disk = 0, idle_timeout } = quota;
  const amounts = [
    [ram + dedicated_ram, `${ram + dedicated_ram} GB of memory${setAside(dedicated_ram, `${dedicated_ram} GB`)}`],
    [cpu + dedicated_cpu, `${coresWords(cpu + dedicated_cpu)}${setAside(dedicated_cpu, coresWords(dedicated_cpu))}`],
    [disk, `${disk} GB of disk`],
  ] as const;
  const flags = [
    [quota.always_running, "kept running"],
    [idle_timeout !== undefined && !quota.always_running, `stops after ${IDLE_WORDS[idle_timeout ?? ""]} without work`],
    [quota.member, "machines for members"],
    [quota.gpu, gpuWords(quota.gpu)],
    [quota.pool, `machines of the pool “${quota.pool}”`],
    [quota.ext_rw, "may write the shared software"],
    [quota.dedicated_vm, "a machine of its own"],
    [quota.dedicated_disk, "a disk of its own"],
    [quota.patch, "changes of its pod"],
    [quota.boost, "on top of another licence"],
  ] as const;
  return [...amounts, ...flags].filter(([is]) => Boolean(is)).map(([, words]) => words);
}

const setAside = (amount: number, words: string) => (amount > 0 ? ` (${words} set aside)` : "");

function gpuWords(gpu: unknown): string {
  const num = typeof gpu === "object" && gpu !== null && "num" in gpu ? Number(gpu.num) : 1;
  return countOf(num, "graphics processor");
}

/** Of the old style: keys of a project's settings, added to what it has. */
const UPGRADES: Record<string, (amount: number) => string> = {
  memory: (mb) => `${mb} MB of memory more`,
  memory_request: (mb) => `${mb} MB of memory set aside`,
  cores: (cores) => `${coresWords(cores)} more`,
  cpu_shares: (shares) => `${coresWords(shares / 1024)} set aside`,
  disk_quota: (mb) => `${mb} MB of disk more`,
  mintime: (seconds) => `stops ${Math.round(seconds / 60)} min later`,
  network: () => "internet",
  member_host: () => "machines for members",
  always_running: () => "kept running",
};

function upgradeWords(upgrades: Record<string, unknown>): string[] {
  return Object.entries(upgrades)
    .map(([key, value]) => [key, Number(value)] as const)
    .filter(([, amount]) => amount > 0)
    .map(([key, amount]) => UPGRADES[key]?.(amount) ?? key.replaceAll("_", " "));
}

export type Force = "in-force" | "later" | "ended";

/** Is it in force at `now`, in ms? One without a beginning never is. */
export function forceOf({ activates, expires }: Term, now: number): Force {
  if (expires !== null && Date.parse(expires) <= now) return "ended";
  return activates !== null && Date.parse(activates) <= now ? "in-force" : "later";
}

/** Since or until when, in a sentence. */
export function termWords(term: Term, now: number): string {
  const force = forceOf(term, now);
  if (force === "ended") return `Ended on ${formatMoment(term.expires ?? "")}.`;
  if (force === "later") {
    return term.activates === null ? "Not put into force yet." : `Begins on ${formatMoment(term.activates)}.`;
  }
  return term.expires === null ? "In force, without an end." : `In force until ${formatMoment(term.expires)}.`;
}

/** "12 of 50 projects run with it", "12 projects run with it". */
export function usedWords({ running, run_limit }: Pick<SiteLicense, "running" | "run_limit">): string {
  if (run_limit === null) return `${countOf(running, "project runs", "projects run")} with it; there is no limit`;
  return `${running.toLocaleString("en")} of ${countOf(run_limit, "project")} run with it`;
}

/** What became of a licence in a project. */
export const STATUS_WORDS: Record<LicenseStatus, string> = {
  valid: "Counts",
  active: "Counts",
  expired: "Has ended",
  exhausted: "All places are taken",
  future: "Has not begun",
  ineffective: "Adds nothing",
};

/** A licence without a title is called by the beginning of its id. */
export function licenseName({ id, title }: { id: string; title?: string | undefined }): string {
  return title?.trim() ? title : `Licence ${id.slice(0, 8)}`;
}

const DAY_MS = 86_400_000;

/** Those of which the end comes within a day, the soonest first. */
export function endingSoon<L extends { expires: string | null }>(licenses: readonly L[], now: number): L[] {
  const endOf = ({ expires }: L) => (expires === null ? Number.POSITIVE_INFINITY : Date.parse(expires));
  return licenses
    .filter((license) => endOf(license) > now && endOf(license) <= now + DAY_MS)
    .sort((a, b) => endOf(a) - endOf(b));
}
