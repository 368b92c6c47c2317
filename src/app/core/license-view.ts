/** A licence in words: what it gives, whether it is in force, and how much of it is left. Pure. */

import { hostingOf, readLicense } from "../../domain/quotas/license-rules.ts";
import { megabyteWords } from "../../domain/quotas/memory-words-rules.ts";
import type { Numbers } from "../../domain/quotas/numbers-rules.ts";
import { coresWords, gpuWords } from "../../domain/quotas/words-rules.ts";
import type { LicenseStatus, SiteLicense } from "../../protocol/licenses.ts";
import { countOf, formatMoment } from "./format.ts";

type Gives = Pick<SiteLicense, "quota" | "upgrades">;
type Term = Pick<SiteLicense, "activates" | "expires">;

/** What it gives to a project that counts today, thing by thing. */
export function givesWords({ quota, upgrades }: Gives): string[] {
  const license = readLicense({ id: "", quota, upgrades });
  if (license === undefined) return [];
  if (license.kind === "upgrades") return amountWords(license.numbers, " more");
  const amounts = license.kind === "machine" ? license.machine.amounts : license.kind === "disk" ? {} : license.numbers;
  const { gpu, pool, ext_rw, patch, boost } = license.quota;
  const others = [
    [typeof gpu === "object", typeof gpu === "object" && gpuWords(gpu.num)],
    [pool, `machines of the pool “${pool}”`],
    [ext_rw, "may write the shared software"],
    [patch, "changes of its pod"],
    [boost, "on top of another licence"],
  ] as const;
  return [...amountWords(amounts), ...others.flatMap(([is, words]) => (is && words ? [words] : []))];
}

/** `more`: what is said after an amount that is added. */
function amountWords(numbers: Partial<Numbers>, more = ""): string[] {
  const { memory_limit = 0, memory_request = 0, cpu_limit = 0, cpu_request = 0, network = 0 } = numbers;
  const amounts = [
    [memory_limit, `${megabyteWords(memory_limit)} of memory${more}`],
    [memory_request, `${megabyteWords(memory_request)} of memory set aside`],
    [cpu_limit, `${coresWords(cpu_limit)}${more}`],
    [cpu_request, `${coresWords(cpu_request)} set aside`],
    [network, "internet"],
  ] as const;
  return amounts.filter(([amount]) => amount > 0).map(([, words]) => words);
}

/** The shortest is what all have who say nothing. */
const IDLE_WORDS: Record<string, string> = { short: "", medium: "2 hours", day: "a day" };

/** Of which kind it is, where licences of one kind alone add up; undefined: that is nothing to this one. */
export function kindWords({ quota, upgrades }: Gives): string | undefined {
  const license = readLicense({ id: "", quota, upgrades });
  if (license?.kind !== "regular" && license?.kind !== "boost") return undefined;
  const { isAlways, isMember, idle } = hostingOf(license.quota);
  const words = [isAlways ? "kept running" : "", isMember ? "for members" : "", IDLE_WORDS[idle]].filter(Boolean);
  return words.length === 0 ? "ordinary" : words.join(", ");
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
