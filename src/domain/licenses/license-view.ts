/** A licence's row as wires show it. Administrators write rows by SQL too: what has another shape is left out, and never stops a list. */

import { objectOf } from "../../core/object.ts";
import { momentInSql } from "../../db/moments.ts";
import { type LicenseQuota, licenseQuota, type SiteLicense } from "../../protocol/licenses.ts";
import { isForFew } from "./reach-rules.ts";

/** The columns of a licence as they are read. */
export interface ViewedLicense {
  id: string;
  title: string | null;
  description: string | null;
  activates: string | null;
  expires: string | null;
  created: string | null;
  last_used: string | null;
  restricted: boolean | null;
  upgrades: unknown;
  quota: unknown;
  run_limit: number | null;
  running: number;
}

/** SQL: has the project a seat of the licence, both as expressions? So manage-action writes it down for whoever leads after it. */
export function hasSeatInSql(license: string, project: string): string {
  return `EXISTS (SELECT FROM site_license_usage_log WHERE license_id = ${license} AND project_id = ${project} AND stop IS NULL)`;
}

/** SQL of the columns of a `ViewedLicense`, from `site_licenses AS license`. */
export const LICENSE_COLUMNS = `license.id, license.title, license.description, ${[
  "activates",
  "expires",
  "created",
  "last_used",
]
  .map((column) => `${momentInSql(`license.${column}`)} AS ${column}`)
  .join(", ")}, license.restricted, license.upgrades, license.quota, license.run_limit,
  (SELECT count(*) FROM site_license_usage_log WHERE license_id = license.id AND stop IS NULL) AS running`;

/** A licence as whoever has it sees it. */
export function licenseView(row: ViewedLicense): SiteLicense {
  return {
    id: row.id,
    title: row.title ?? "",
    description: row.description ?? "",
    activates: row.activates,
    expires: row.expires,
    created: row.created,
    last_used: row.last_used,
    restricted: row.restricted === true || isForFew(row.quota),
    upgrades: objectOf(row.upgrades) ?? null,
    quota: quotaView(row.quota),
    run_limit: row.run_limit,
    running: row.running,
  };
}

/** Field by field: one that nobody can read hides none of the others. Numbers may be text. */
function quotaView(quota: unknown): LicenseQuota | null {
  const written = objectOf(quota);
  if (written === undefined) return null;
  const fields = Object.entries(written).flatMap(([name, value]) => {
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
    const usable = [value, ...(Number.isNaN(number) ? [] : [number])].find(
      (one) => licenseQuota.safeParse({ [name]: one }).success,
    );
    return usable === undefined ? [] : [[name, usable] as const];
  });
  return Object.fromEntries(fields);
}
