/** Of what the quota of a project is made: everything that its rules are given, for a page that says what a change would do. */

import { notFound } from "../../core/errors.ts";
import { isUuid } from "../../core/uuid.ts";
import type { Queryable } from "../../db/db.ts";
import type { LicenseOfProject } from "../../protocol/api-v2-quotas.ts";
import { projectLicense, type SiteLicense } from "../../protocol/licenses.ts";
import { type PendingQuota, pendingQuota } from "../../protocol/quotas.ts";
import { licensesById } from "./find.ts";
import { notInForce } from "./license-row-rules.ts";
import { TAKES_PLACE } from "./license-view.ts";

export interface ProjectQuota {
  settings: Record<string, unknown>;
  /** Of each member who gives some. */
  upgrades: Record<string, unknown>[];
  licenses: LicenseOfProject[];
  run_quota: Record<string, unknown> | null;
  pending_quota: PendingQuota | null;
}

interface QuotaRow {
  settings: unknown;
  users: Record<string, { upgrades?: unknown } | null> | null;
  state: string | null;
  site_license: unknown;
  run_quota: Record<string, unknown> | null;
  pending_quota: unknown;
}

/** What there is for one project, whatever the site's settings. @throws AppError `not_found`. */
export async function projectQuota(db: Queryable, projectId: string): Promise<ProjectQuota> {
  const [row] = await db.query<QuotaRow>(
    "SELECT settings, users, state ->> 'state' AS state, site_license, run_quota, pending_quota FROM projects WHERE project_id = $1",
    [projectId],
  );
  if (row === undefined) throw notFound("There is no such project.");
  const given = Object.entries(objectIn(row.site_license)).filter(([id]) => isUuid(id));
  const known = new Map(
    (
      await licensesById(
        db,
        given.map(([id]) => id),
      )
    ).map((license) => [license.id, license]),
  );
  return {
    settings: objectIn(row.settings),
    upgrades: Object.values(row.users ?? {}).flatMap((member) => (member?.upgrades ? [objectIn(member.upgrades)] : [])),
    licenses: given.map(([id, value]) => licenseOfProject({ id, value, state: row.state }, known.get(id))),
    run_quota: row.run_quota,
    pending_quota: pendingQuota.safeParse(row.pending_quota).data ?? null,
  };
}

/** Its status is of now: by its moments, and whether there is a place for this project, which may have one. */
function licenseOfProject(
  { id, value, state }: { id: string; value: unknown; state: string | null },
  license?: SiteLicense,
): LicenseOfProject {
  const last = projectLicense.safeParse(value).data ?? {};
  if (license === undefined) {
    return { id, license: null, last, status: "expired", reason: "There is no such licence (any more)." };
  }
  const { title, quota, upgrades, run_limit, running } = license;
  const known = { id, title, quota, upgrades, license, last };
  const notNow = notInForce(license, Date.now());
  if (notNow !== undefined) return { ...known, ...notNow };
  const hasPlace = last.status === "active" && TAKES_PLACE.some((each) => each === state);
  if (run_limit !== null && running >= run_limit && !hasPlace) {
    return { ...known, status: "exhausted", reason: `All its places are taken: ${running} projects run with it.` };
  }
  return { ...known, status: "valid" };
}

function objectIn(value: unknown): Record<string, unknown> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : {}; // just looked at
}
