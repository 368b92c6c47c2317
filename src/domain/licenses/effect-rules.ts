/** Which licence is used first where not all are needed, and why one has no effect. Pure. */

import { readPatch } from "../../protocol/license-patch.ts";
import type { CountedLicenses } from "../quotas/counted-rules.ts";
import type { ReadLicense } from "../quotas/license-rules.ts";

const KINDS: readonly ReadLicense["kind"][] = ["machine", "disk", "regular", "upgrades", "boost"];

/** Machines, disks, licences by their kind (the better first), those of the old style, boosts; of the same kind as they come. */
export function inOrderOfUse(licenses: readonly ReadLicense[]): ReadLicense[] {
  const group = (license: ReadLicense) => ("group" in license ? license.group : 0);
  return licenses.toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || group(b) - group(a));
}

/** Of a licence without which the quota would be the same. `counted`: of all licences in force. */
export function whyIneffective(license: ReadLicense, { machine, group }: CountedLicenses): string {
  if (machine !== undefined) return "The project has a dedicated machine, and nothing is added to that.";
  if ("group" in license && !group.includes(license)) {
    return group.length === 0
      ? "A boost adds to another licence of the same kind, and the project has none."
      : "It is of another kind (kept running, for members, time without work) than a licence of the project that comes first; licences of different kinds do not add up.";
  }
  const problem = patchProblem(license);
  if (problem !== undefined) return problem;
  return "The project has all that it gives, or the most that the site allows.";
}

/** Why the patch of a licence is not used; undefined: it is, or the licence has none. */
export function patchProblem(license: ReadLicense): string | undefined {
  const text = license.kind === "upgrades" ? undefined : license.quota.patch;
  const problem = text === undefined ? undefined : readPatch(text).problem;
  return problem && `Its patch is not used; it ${problem}.`;
}
