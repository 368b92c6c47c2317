/**
 * Giving licences to projects and taking them back: the keys of `projects.site_license`. Their values, what became of a licence at a start, are
 * manage-action's: a key that is there already keeps its value.
 */

import { conflict, forbidden, notFound } from "../../core/errors.ts";
import type { Db, Transaction } from "../../db/db.ts";
import { objectInSql } from "../../db/json.ts";
import { record } from "../central-log/central-log.ts";
import { logInProjects } from "../projects/log.ts";
import { MOST_LICENSES } from "../quotas/counted-rules.ts";
import { type Limit, RateLimits } from "../rate-limits/rate-limits.ts";
import { noLicense } from "./find.ts";
import { isForFew } from "./reach-rules.ts";

export interface HandingOut {
  licenseId: string;
  /** Whether whoever gives may do this with each of them has been asked before. */
  projectIds: readonly string[];
  by: {
    /** undefined: somebody at the database itself. */
    accountId: string | undefined;
    isAdmin: boolean;
  };
}

interface LicenseToGive {
  title: string | null;
  restricted: boolean | null;
  quota: unknown;
  apply_limit: number | null;
  managed: boolean;
}

/** Projects whose licences one account changes; each change is a row of a log, and a look of manage-action. Administrators are free. */
const CHANGED: Limit = {
  name: "license_handed_out",
  points: 3_000,
  seconds: 3_600,
  message: "You have given licences to very many projects, or taken them away.",
};
/** Ids of projects in one record; all of them are in the logs of the projects. */
const MAX_RECORDED = 100;
const LICENSES = objectInSql("site_license");

/**
 * Gives the licence to projects; again is harmless. All of them get it, or none. @throws AppError `not_found` for an unknown licence or
 * project; `forbidden` for a restricted licence of others; `conflict` when more projects would have it than may; `rate_limited`.
 */
export function giveLicense(db: Db, handing: HandingOut): Promise<void> {
  return db.transaction((tx) => giveLicenseIn(tx, handing));
}

/** The same in the transaction of whoever makes the projects. */
export async function giveLicenseIn(tx: Transaction, { licenseId, projectIds, by }: HandingOut): Promise<void> {
  const license = await lockLicense(tx, licenseId, by);
  if ((license.restricted === true || isForFew(license.quota)) && !license.managed && !by.isAdmin) {
    throw forbidden("This licence is given to projects by its managers alone; ask one of them.");
  }
  const given = await projectsToGive(tx, { licenseId, projectIds });
  if (given.length === 0) return;
  await checkApplyLimit(tx, licenseId, { limit: license.apply_limit, more: given.length });
  await tx.execute(
    `UPDATE projects SET site_license = ${LICENSES} || jsonb_build_object($2::text, '{}'::jsonb) WHERE project_id = ANY($1::uuid[])`,
    [given, licenseId],
  );
  await writeDown(tx, { action: "add", licenseId, title: license.title, projectIds: given, by });
}

/** Those that do not have it yet, locked. */
async function projectsToGive(
  tx: Transaction,
  { licenseId, projectIds }: Pick<HandingOut, "licenseId" | "projectIds">,
): Promise<string[]> {
  const ids = [...new Set(projectIds)].sort();
  const found = await tx.query<{ project_id: string; has: boolean; licenses: number }>(
    `SELECT project_id, ${LICENSES} ? $2 AS has, (SELECT count(*) FROM jsonb_object_keys(${LICENSES})) AS licenses
     FROM projects WHERE project_id = ANY($1::uuid[]) AND deleted IS NOT TRUE ORDER BY project_id FOR NO KEY UPDATE`,
    [ids, licenseId],
  );
  if (found.length < ids.length) {
    const missing = ids.filter((id) => !found.some(({ project_id }) => project_id === id));
    throw notFound(`There is no project ${missing.slice(0, 5).join(", ")}, or it has been deleted.`);
  }
  const full = found.find(({ has, licenses }) => !has && licenses >= MOST_LICENSES);
  if (full !== undefined) {
    throw conflict(
      `The project ${full.project_id} has ${full.licenses} licences already, ended ones included; remove one first.`,
    );
  }
  return found.filter(({ has }) => !has).map(({ project_id }) => project_id);
}

/**
 * Takes the licence from projects; again is harmless, also for a licence that is gone. What runs loses what it gave without a restart, as far as
 * that can be done and is not in use; the rest at its next start. @throws AppError `rate_limited`.
 */
export async function takeLicense(db: Db, { licenseId, projectIds, by }: HandingOut): Promise<void> {
  await db.transaction(async (tx) => {
    const [license] = await tx.query<{ title: string | null }>("SELECT title FROM site_licenses WHERE id = $1", [
      licenseId,
    ]);
    const taken = await tx.query<{ project_id: string }>(
      `UPDATE projects SET site_license = site_license - $2::text
       WHERE project_id IN (SELECT project_id FROM projects WHERE project_id = ANY($1::uuid[]) AND site_license ? $2
           AND jsonb_typeof(site_license) = 'object' ORDER BY project_id FOR NO KEY UPDATE)
       RETURNING project_id`,
      [projectIds, licenseId],
    );
    const ids = taken.map(({ project_id }) => project_id);
    if (ids.length > 0) {
      await writeDown(tx, { action: "remove", licenseId, title: license?.title ?? null, projectIds: ids, by });
    }
  });
}

/** One at a time: so its limit holds. */
async function lockLicense(tx: Transaction, id: string, by: HandingOut["by"]): Promise<LicenseToGive> {
  const [license] = await tx.query<LicenseToGive>(
    `SELECT title, restricted, quota, apply_limit, coalesce(managers @> ARRAY[$2], false) AS managed
     FROM site_licenses WHERE id = $1 FOR NO KEY UPDATE`,
    [id, by.accountId ?? ""],
  );
  if (license === undefined) throw noLicense(id);
  return license;
}

/** Deleted projects count, too: they are restored with the licence that they had. */
async function checkApplyLimit(
  tx: Transaction,
  licenseId: string,
  { limit, more }: { limit: number | null; more: number },
): Promise<void> {
  if (limit === null) return;
  const [given] = await tx.query<{ count: number }>("SELECT count(*) FROM projects WHERE site_license ? $1", [
    licenseId,
  ]);
  const have = given?.count ?? 0;
  if (have + more > limit) {
    throw conflict(
      `At most ${limit} projects may have this licence, and ${have} have it, deleted ones included: take it from some, or ask an administrator for more.`,
    );
  }
}

interface HandedOut extends HandingOut {
  action: "add" | "remove";
  title: string | null;
}

/** The count is of the same transaction: what is refused costs nothing. @throws AppError `rate_limited`. */
async function writeDown(tx: Transaction, { action, licenseId, title, projectIds, by }: HandedOut): Promise<void> {
  if (by.accountId !== undefined && !by.isAdmin) {
    await new RateLimits(tx).consume(CHANGED, by.accountId, projectIds.length);
  }
  const event = { event: "license", action, license_id: licenseId, title: title ?? "" };
  await logInProjects(tx, { projectIds, accountId: by.accountId, event });
  await record(tx, action === "add" ? "license-given" : "license-taken", {
    license_id: licenseId,
    projects: projectIds.length,
    project_ids: projectIds.slice(0, MAX_RECORDED),
    ...(by.accountId !== undefined && { by: by.accountId }),
  });
}
