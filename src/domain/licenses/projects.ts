/** Which projects have which licences. */

import { isUuid } from "../../core/uuid.ts";
import type { Queryable } from "../../db/db.ts";
import { objectInSql } from "../../db/json.ts";
import { momentInSql } from "../../db/moments.ts";
import type { LicensedProject } from "../../protocol/api-v2-licenses.ts";
import { licenseStatus } from "../../protocol/licenses.ts";
import { memberGroup } from "../../protocol/project.ts";
import { hasSeatInSql } from "./license-view.ts";

interface LicensedRow {
  project_id: string;
  title: string | null;
  state: LicensedProject["state"];
  last_edited: string | null;
  status: string | null;
  reason: string | null;
  running: boolean;
  deleted: boolean;
}

interface ProjectsPage {
  licenseId: string;
  limit: number;
  /** Only those that have a seat of it. */
  running: boolean;
  /** `next` of the page before. */
  after?: string | undefined;
}

/** One page of the projects that have a licence, deleted ones included, by id. The index on the keys of `site_license` finds them. */
export async function projectsWithLicense(
  db: Queryable,
  { licenseId, limit, running, after }: ProjectsPage,
): Promise<{ projects: LicensedProject[]; next: string | null }> {
  const rows = await db.query<LicensedRow>(
    `WITH having_it AS MATERIALIZED (SELECT project_id, title, state, last_edited, site_license,
         deleted IS TRUE AS deleted, ${hasSeatInSql("$1::uuid", "project_id")} AS running
       FROM projects WHERE site_license ? $1::text)
     SELECT project_id, title, state ->> 'state' AS state, ${momentInSql("last_edited")} AS last_edited,
       site_license -> $1::text ->> 'status' AS status, site_license -> $1::text ->> 'reason' AS reason, running, deleted
     FROM having_it WHERE ($2::uuid IS NULL OR project_id > $2) AND (NOT $3 OR running) ORDER BY project_id LIMIT $4`,
    [licenseId, after ?? null, running, limit],
  );
  const projects = rows.map((row) => ({
    ...row,
    title: row.title ?? "",
    status: licenseStatus.safeParse(row.status).data ?? null,
  }));
  return { projects, next: rows.length < limit ? null : (rows.at(-1)?.project_id ?? null) };
}

/** Most projects that are told to one account. */
const MAX_OWN = 5_000;

/** The projects of an account that have any licence, and which. */
export async function ownProjectsWithLicenses(
  db: Queryable,
  accountId: string,
): Promise<{ project_id: string; title: string; license_ids: string[] }[]> {
  const rows = await db.query<{ project_id: string; title: string | null; license_ids: string[] }>(
    `SELECT project_id, title, ARRAY(SELECT jsonb_object_keys(${objectInSql("site_license")}) ORDER BY 1) AS license_ids FROM projects
     WHERE users ? $1 AND users -> $1 ->> 'group' = ANY($2) AND deleted IS NOT TRUE
       AND ${objectInSql("site_license")} <> '{}'
     ORDER BY last_edited DESC NULLS LAST, project_id LIMIT $3`,
    [accountId, memberGroup.exclude(["viewer"]).options, MAX_OWN],
  );
  return rows.map((row) => ({ ...row, title: row.title ?? "", license_ids: row.license_ids.filter(isUuid) }));
}
