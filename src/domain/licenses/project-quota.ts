/** Of what the quota of a project is made: everything that its rules are given, for a page that says what a change would do. */

import { notFound } from "../../core/errors.ts";
import { objectOf } from "../../core/object.ts";
import { isUuid } from "../../core/uuid.ts";
import type { Queryable } from "../../db/db.ts";
import type { LicenseOfProject } from "../../protocol/api-v2-quotas.ts";
import { projectLicense, type SiteLicense } from "../../protocol/licenses.ts";
import { type PendingQuota, pendingQuota } from "../../protocol/quotas.ts";
import { licensesInForce, TOO_MANY } from "../quotas/counted-rules.ts";
import { readLicense } from "../quotas/license-rules.ts";
import { inputsOfProject } from "../quotas/project-rules.ts";
import { licensesById } from "./find.ts";
import { notInForce } from "./license-row-rules.ts";

export interface QuotaOfProject {
  settings: Record<string, unknown>;
  /** Of each member who gives some. */
  upgrades: Record<string, unknown>[];
  licenses: LicenseOfProject[];
  run_quota: Record<string, unknown> | null;
  pending_quota: PendingQuota | null;
}

interface ProjectRow {
  settings: unknown;
  users: unknown;
  site_license: unknown;
  run_quota: Record<string, unknown> | null;
  pending_quota: unknown;
}

/** What there is for one project, whatever the site's settings. @throws AppError `not_found`. */
export async function projectQuota(db: Queryable, projectId: string): Promise<QuotaOfProject> {
  const [row] = await db.query<ProjectRow>(
    "SELECT settings, users, site_license, run_quota, pending_quota FROM projects WHERE project_id = $1",
    [projectId],
  );
  if (row === undefined) throw notFound("There is no such project.");
  const given = new Map(Object.entries(objectOf(row.site_license) ?? {}).filter(([id]) => isUuid(id)));
  const ids = [...given.keys()];
  const [known, seats] = await Promise.all([licensesById(db, ids), seatsOf(db, { projectId, ids })]);
  const licenses = ids.map((id) =>
    licenseOfProject(
      known.find((license) => license.id === id),
      { id, value: given.get(id), hasSeat: seats.has(id) },
    ),
  );
  return {
    ...inputsOfProject(row),
    licenses: withoutTooMany(licenses),
    run_quota: row.run_quota,
    pending_quota: pendingQuota.safeParse(row.pending_quota).data ?? null,
  };
}

/** Its status is of now: by its moments, and whether there is a place for this project, which may have one. */
function licenseOfProject(
  license: SiteLicense | undefined,
  { id, value, hasSeat }: { id: string; value: unknown; hasSeat: boolean },
): LicenseOfProject {
  const last = projectLicense.safeParse(value).data ?? {};
  if (license === undefined) {
    return { id, license: null, last, status: "expired", reason: "There is no such licence (any more)." };
  }
  const { title, quota, upgrades, run_limit, running } = license;
  const known = { id, title, quota, upgrades, license, last };
  const notNow = notInForce(license, Date.now());
  if (notNow !== undefined) return { ...known, ...notNow };
  if (run_limit !== null && running >= run_limit && !hasSeat) {
    return { ...known, status: "exhausted", reason: `All its places are taken: ${running} projects run with it.` };
  }
  return { ...known, status: "valid" };
}

/** Says it of those that would give something, were there not so many before them. */
function withoutTooMany(licenses: LicenseOfProject[]): LicenseOfProject[] {
  const counted = new Set(licensesInForce(licenses).map(({ id }) => id));
  return licenses.map((license) =>
    license.status === "valid" && !counted.has(license.id) && readLicense(license) !== undefined
      ? { ...license, status: "ineffective", reason: TOO_MANY }
      : license,
  );
}

/** Of these licences, those of which the project has a seat. */
async function seatsOf(
  db: Queryable,
  { projectId, ids }: { projectId: string; ids: string[] },
): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ license_id: string }>(
    "SELECT license_id FROM site_license_usage_log WHERE license_id = ANY($2::uuid[]) AND project_id = $1 AND stop IS NULL",
    [projectId, ids],
  );
  return new Set(rows.map(({ license_id }) => license_id));
}
