/** Which projects use which licences, as the database knows it: written with what a project starts with, and taken up by the next leader. */

import type { Db } from "../../db/db.ts";
import { Leader } from "../../db/leader.ts";
import { NOW } from "../../db/moments.ts";
import type { ProjectLicense } from "../../protocol/licenses.ts";
import { licenseIdsIn } from "./license-ids.ts";
import type { Seat } from "./seats.ts";

/** What became of the licences of a project: a value for each, and those of which it has a seat. */
export interface LicensesInUse {
  values: Record<string, ProjectLicense>;
  seats: string[];
}

/** In SQL: column `site_license` with new values of those keys that are still there; as it is where `values` is NULL. */
export function withValues(values: string): string {
  return `CASE WHEN jsonb_typeof(site_license) = 'object' AND ${values} <> '{}' THEN
    (SELECT coalesce(jsonb_object_agg(key, coalesce(${values} -> key, value)), '{}') FROM jsonb_each(site_license)) ELSE site_license END`;
}

/**
 * In SQL: common table expressions that write down the seats of projects. `written` names one with `project_id` and `seats`: all that the project has
 * from now on; NULL: as before. A licence says once a minute that it is used, and never waits for whoever changes it.
 */
export function usageOf(written: string): string {
  return `usage_ended AS (
      UPDATE site_license_usage_log AS usage SET stop = ${NOW} FROM ${written}
      WHERE usage.project_id = ${written}.project_id AND usage.stop IS NULL AND NOT usage.license_id = ANY (seats)
    ), usage_begun AS (
      INSERT INTO site_license_usage_log (license_id, project_id, start)
      SELECT seat, project_id, ${NOW} FROM ${written}, unnest(seats) AS seat ON CONFLICT DO NOTHING
    ), used AS MATERIALIZED (
      SELECT id FROM site_licenses WHERE id IN (SELECT unnest(seats) FROM ${written})
        AND (last_used IS NULL OR last_used < ${NOW} - interval '1 minute') ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    ), used_written AS (
      UPDATE site_licenses SET last_used = ${NOW} FROM used WHERE site_licenses.id = used.id)`;
}

/** Writes what became of the licences of projects that run. Rows are locked in order, as everybody does who writes several. */
export async function recordLicenses(
  leader: Leader,
  projects: (LicensesInUse & { projectId: string })[],
): Promise<void> {
  await leader.write(
    (isLeading) => `WITH wanted AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS one (project_id uuid, licenses jsonb, seats uuid[])
     ), locked AS MATERIALIZED (
       SELECT project_id FROM projects WHERE project_id IN (SELECT project_id FROM wanted) ORDER BY project_id FOR NO KEY UPDATE
     ), written AS (
       UPDATE projects SET site_license = ${withValues("wanted.licenses")}
       FROM locked JOIN wanted USING (project_id)
       WHERE projects.project_id = locked.project_id AND ${isLeading} RETURNING wanted.project_id, wanted.seats
     ), ${usageOf("written")}
     SELECT`,
    [
      JSON.stringify(
        projects.map(({ projectId, values, seats }) => ({ project_id: projectId, licenses: values, seats })),
      ),
    ],
    "recordLicenses",
  );
}

/** Nothing of these projects runs any more, so they have no seat. */
export async function endUsage(leader: Leader, projectIds: string[]): Promise<void> {
  await leader.write(
    (isLeading) => `UPDATE site_license_usage_log SET stop = ${NOW}
     WHERE project_id = ANY ($1::uuid[]) AND stop IS NULL AND ${isLeading}`,
    [projectIds],
    "endUsage",
  );
}

/**
 * The seats that projects have, for a new leader: by the log, which first gets those of projects that ran before there was one. A write of
 * the leader before it that is under way is waited for, by the lock: its seats count. One that comes later sees that there is a newer leader.
 */
export async function takeUpSeats(db: Db, { name, epoch }: Leader): Promise<Seat[]> {
  return db.transaction(async (tx) => {
    const leader = new Leader((sql, values) => tx.query(sql, values), { name, epoch });
    await tx.execute("LOCK TABLE site_license_usage_log IN SHARE ROW EXCLUSIVE MODE");
    return seatsInLog(leader);
  });
}

async function seatsInLog(leader: Leader): Promise<Seat[]> {
  await leader.write(
    (isLeading) => `INSERT INTO site_license_usage_log (license_id, project_id, start)
     SELECT id, project_id, ${NOW} FROM projects, unnest(${licenseIdsIn("site_license")}) AS id
     WHERE site_license -> id::text ->> 'status' = 'active' AND state ->> 'state' IN ('pending', 'starting', 'running', 'stopping') AND ${isLeading} ON CONFLICT DO NOTHING`,
  );
  return leader.write<Seat>(
    (isLeading) => `SELECT license_id, project_id FROM site_license_usage_log WHERE stop IS NULL AND ${isLeading}`,
  );
}
