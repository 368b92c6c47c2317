/** What manage-action reads: all that decides about a project but for its pod, and which projects have something unfinished. */

import type { Queryable } from "../../db/db.ts";
import { objectInSql } from "../../db/json.ts";
import type { Leader } from "../../db/leader.ts";
import { licenseIdsIn } from "../licenses/license-ids.ts";
import type { LicenseRow } from "../licenses/license-row-rules.ts";

/** All that decides about one project, but for its pod. */
export interface ServiceRow {
  /** Of the leader that the database knows; another than ours: we are deposed. */
  epoch: number;
  action_request: unknown;
  /** `action_request ->> 'time'`. */
  asked_time: string | null;
  /** The account that asked; anything, or null, in a request that was written by hand. */
  asked_by: string | null;
  deleted: boolean;
  users: Record<string, { group?: string; upgrades?: Record<string, unknown> } | null> | null;
  settings: Record<string, unknown> | null;
  compute_image: string | null;
  env: Record<string, unknown> | null;
  /** By licence, what became of it; the value may be anything. */
  site_license: Record<string, unknown>;
  /** Those of its licences that there are. */
  licenses: LicenseRow[];
  /** What its pod has, or had. */
  run_quota: unknown;
  /** What it would have by now, where that is something else. */
  pending_quota: unknown;
  ticket: number | null;
  /** Of the start under way: for whose turn it counts. */
  start_owner_id: string | null;
  /** Of the start under way: for whose turn it counts besides. */
  license_id: string | null;
  /** For whom the latest start counted that counted for one of its present owners. */
  earlier_owner_id: string | null;
  request_time: string | null;
  applied: Date | null;
  pulled: Date | null;
  reason: string | null;
  message: string | null;
  kubernetes_reason: string | null;
  give_up: string | null;
  /** Of the start under way. */
  rescue: boolean | null;
}

/** The projects with their starts under way, in the order of the ids; undefined: there is no such project. */
export async function readForService(
  db: Queryable,
  leader: Leader,
  projectIds: string[],
): Promise<(ServiceRow | undefined)[]> {
  const rows = await db.query<ServiceRow & { project_id: string }>(
    `SELECT projects.project_id, (SELECT epoch FROM leaders WHERE name = $2) AS epoch, action_request,
       action_request ->> 'time' AS asked_time, action_request ->> 'account_id' AS asked_by, deleted IS TRUE AS deleted, users, settings, compute_image, env, run_quota, pending_quota,
       ${objectInSql("site_license")} AS site_license,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', id, 'title', title, 'quota', quota, 'upgrades', upgrades,
         'activates', activates, 'expires', expires, 'run_limit', run_limit)), '[]')
         FROM site_licenses WHERE id = ANY (${licenseIdsIn("site_license")})) AS licenses,
       (SELECT owner_id FROM project_starts AS earlier WHERE earlier.project_id = projects.project_id
         AND users -> owner_id::text ->> 'group' = 'owner' ORDER BY ticket DESC LIMIT 1) AS earlier_owner_id,
       ticket, owner_id AS start_owner_id, license_id, request_time, applied, pulled, reason, message, kubernetes_reason, give_up, rescue
     FROM projects LEFT JOIN project_starts ON project_starts.project_id = projects.project_id AND outcome IS NULL
     WHERE projects.project_id = ANY ($1::uuid[])`,
    [projectIds, leader.name],
    "readForService",
  );
  const found = new Map(rows.map((row) => [row.project_id, row]));
  return projectIds.map((projectId) => found.get(projectId));
}

interface PodsThere {
  /** All projects that have a pod. */
  withPods: string[];
  /** Those whose pod has not ended. */
  running: string[];
}

/**
 * Projects with something unfinished: an open request, a start under way, a quota that is waited for though nothing runs, or those of
 * `withPods` that are being resized, were stopped, are deleted or not there at all.
 */
export async function projectsToServe(db: Queryable, { withPods, running }: PodsThere): Promise<string[]> {
  const rows = await db.query<{ project_id: string }>(
    `SELECT project_id FROM projects WHERE action_request IS NOT NULL AND action_request ->> 'finished' IS NULL
     UNION SELECT project_id FROM project_starts WHERE outcome IS NULL
     UNION SELECT project_id FROM projects WHERE project_id = ANY ($1) AND pending_quota ->> 'reason' = 'under_way'
     UNION SELECT project_id FROM projects WHERE pending_quota IS NOT NULL AND project_id <> ALL ($2)
     UNION (SELECT unnest($1::uuid[]) EXCEPT SELECT project_id FROM projects WHERE project_id = ANY ($1) AND deleted IS NOT TRUE
       AND action_request ->> 'action' IS DISTINCT FROM 'stop')`,
    [withPods, running],
  );
  return rows.map(({ project_id }) => project_id);
}

export interface OpenStart {
  project_id: string;
  owner_id: string | null;
  license_id: string | null;
  ticket: number;
  applied: Date | null;
  reason: string | null;
}

/** Every start under way, in the order in which they had their turns, then of those who wait for it. */
export function startsUnderWay(db: Queryable): Promise<OpenStart[]> {
  return db.query<OpenStart>(
    "SELECT project_id, owner_id, license_id, ticket, applied, reason FROM project_starts WHERE outcome IS NULL ORDER BY picked_up NULLS LAST, ticket",
  );
}
