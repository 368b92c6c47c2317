/** What licences do for a project that starts: each one's status and reason, and the quota that comes of them. Pure. */

import type { ProjectLicense } from "../../protocol/licenses.ts";
import type { QuotaInputs } from "../../protocol/quota-inputs.ts";
import type { RunQuota } from "../../protocol/quotas.ts";
import { countedLicenses, notTooMany, TOO_MANY } from "../quotas/counted-rules.ts";
import { type ReadLicense, readLicense } from "../quotas/license-rules.ts";
import { quotaWith } from "../quotas/rules.ts";
import { inOrderOfUse, patchProblem, whyIneffective } from "./effect-rules.ts";
import { type LicenseRow, notInForce } from "./license-row-rules.ts";

interface LicensesOfStart {
  inputs: Omit<QuotaInputs, "licenses">;
  /** Keys of column `projects.site_license`: all licences that the project has, also those without a row. */
  ids: readonly string[];
  /** Their rows; also those of others. */
  licenses: readonly LicenseRow[];
  nowMs: number;
  /** Is there room for this project within the run limit? Asked of licences that have one. It takes no seat. */
  hasSeat: (id: string) => boolean;
}

export interface LicensedQuota {
  quota: RunQuota;
  /** The value of each key of `projects.site_license`. */
  values: Record<string, ProjectLicense>;
  /** The active ones: of each the project takes a seat. */
  seats: string[];
}

/**
 * Decides which licences a start uses. The quota is that of all licences in force together. Active are those that it takes to come to it: where
 * one of two would do, the one that comes first (machines, disks, then by kind, then boosts). An active licence costs a seat, and no other does.
 */
export function licenseHook(start: LicensesOfStart): LicensedQuota {
  const rows = new Map(start.licenses.map((row) => [row.id, row]));
  const looks = [...new Set(start.ids)].map((id) => ({ id, ...lookAt(start, rows.get(id)) }));
  const inForce = notTooMany(looks.flatMap(({ license }) => license ?? []));
  const quota = quotaWith(start.inputs, inForce);
  const active = activeOf(start, inForce, quota);
  const counted = countedLicenses(inForce);
  const values = looks.map(({ id, license, value }): [string, ProjectLicense] => {
    if (license === undefined) return [id, value];
    if (active.has(license)) return [id, activeValue(license)];
    return [id, ineffective(inForce.includes(license) ? whyIneffective(license, counted) : TOO_MANY)];
  });
  return { quota, values: Object.fromEntries(values), seats: [...active].map(({ id }) => id) };
}

type Look = { license: ReadLicense; value?: never } | { license?: never; value: ProjectLicense };

/** Is a licence there, in force, with a seat left, and does it give anything? */
function lookAt({ nowMs, hasSeat }: LicensesOfStart, row: LicenseRow | undefined): Look {
  if (row === undefined) return { value: { status: "expired", reason: "There is no such licence any more." } };
  const notNow = notInForce(row, nowMs);
  if (notNow !== undefined) return { value: notNow };
  const license = readLicense(row);
  if (license === undefined) return { value: ineffective("The licence says nothing that a project could be given.") };
  if (row.run_limit !== null && !hasSeat(row.id)) return { value: exhausted(row.run_limit) };
  return { license };
}

/** Those without which the quota would be another one, leaving out as many as can be: the last ones first. */
function activeOf({ inputs }: LicensesOfStart, inForce: ReadLicense[], quota: RunQuota): Set<ReadLicense> {
  const wanted = JSON.stringify(quota);
  const active = new Set(inForce);
  for (const license of inOrderOfUse(inForce).reverse()) {
    const others = inForce.filter((one) => one !== license && active.has(one));
    if (JSON.stringify(quotaWith(inputs, others)) === wanted) active.delete(license);
  }
  return active;
}

function activeValue(license: ReadLicense): ProjectLicense {
  if (license.kind === "upgrades") return { ...license.given, status: "active" };
  const reason = patchProblem(license);
  return { quota: license.quota, status: "active", ...(reason !== undefined && { reason }) };
}

function ineffective(reason: string): ProjectLicense {
  return { status: "ineffective", reason };
}

function exhausted(limit: number): ProjectLicense {
  const places = limit === 1 ? "The licence's only place is" : `All ${Math.max(0, limit)} places of the licence are`;
  return { status: "exhausted", reason: `${places} taken by other projects; this one was started without it.` };
}
