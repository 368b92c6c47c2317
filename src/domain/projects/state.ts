/** Column `projects.state` and the pod columns of a start: written by manage-state alone, whole, and only when something changed. */

import type { Queryable } from "../../db/db.ts";
import { FENCE, type Leader } from "../../db/terms.ts";
import type { ComputeState } from "../../protocol/project.ts";
import type { Explanation } from "../project-pods/explanation.ts";
import type { PodPhases, StateFacts } from "../project-pods/rules.ts";

/** The state without its time; NULL for whatever is none. */
const KNOWN = "CASE WHEN jsonb_typeof(state) = 'object' THEN state - 'time' END";

/** Writes those states that are other ones; for each, whether it was. Rows are locked in order, as everybody does who writes several. */
export async function writeStates(
  db: Queryable,
  leader: Leader,
  states: { projectId: string; facts: StateFacts }[],
): Promise<boolean[]> {
  const rows = await db.query<{ project_id: string }>(
    `WITH wanted AS (
       SELECT * FROM jsonb_to_recordset($3::jsonb) AS one (project_id uuid, facts jsonb)
     ), locked AS MATERIALIZED (
       SELECT project_id FROM projects JOIN wanted USING (project_id) WHERE ${KNOWN} IS DISTINCT FROM wanted.facts
       ORDER BY project_id FOR NO KEY UPDATE OF projects
     )
     UPDATE projects SET state = wanted.facts ||
       jsonb_build_object('time', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
     FROM locked JOIN wanted USING (project_id)
     WHERE projects.project_id = locked.project_id AND ${FENCE} AND ${KNOWN} IS DISTINCT FROM wanted.facts
     RETURNING projects.project_id`,
    [
      leader.name,
      leader.epoch,
      JSON.stringify(states.map(({ projectId, facts }) => ({ project_id: projectId, facts }))),
    ],
    "writeStates",
  );
  const written = new Set(rows.map(({ project_id }) => project_id));
  return states.map(({ projectId }) => written.has(projectId));
}

/** What is written about the start that a pod belongs to. */
export interface StartFacts {
  projectId: string;
  /** Of the pod: its uid, and the ticket it was made for. */
  podUid: string;
  ticket: number | undefined;
  phases: PodPhases;
  /** Why the pod waits, if it does. */
  why: Explanation | undefined;
}

/** Moments of one start, in ms since the epoch. */
export interface Trace {
  requested: number;
  picked_up: number | null;
  applied: number | null;
  scheduled: number | null;
  pulled: number | null;
  started: number | null;
  ready: number | null;
}

/** Fills in the phases that are new, and why it waits; the whole trace, if this made it ready. */
export async function writeStartFacts(db: Queryable, leader: Leader, facts: StartFacts): Promise<Trace | undefined> {
  const { scheduled, pulled, started, ready } = facts.phases;
  const times = [scheduled, pulled, started, ready].map((time) => time ?? null);
  const [row] = await db.query<Record<keyof Trace, Date | null>>(
    `UPDATE project_starts SET
       scheduled = coalesce(project_starts.scheduled, $6), pulled = coalesce(project_starts.pulled, $7),
       started = coalesce(project_starts.started, $8), ready = coalesce(project_starts.ready, $9),
       reason = CASE WHEN outcome IS NULL THEN $10 ELSE reason END,
       message = CASE WHEN outcome IS NULL THEN $11 ELSE message END,
       kubernetes_reason = CASE WHEN outcome IS NULL THEN $12 ELSE kubernetes_reason END
     FROM (SELECT ticket, ready FROM project_starts
       WHERE project_id = $3 AND (ticket = $5::bigint OR (outcome IS NULL AND pod_uid = $4)) ORDER BY ticket DESC LIMIT 1) AS before
     WHERE project_starts.ticket = before.ticket AND ${FENCE}
       AND ((outcome IS NULL AND (reason, message, kubernetes_reason) IS DISTINCT FROM ($10, $11, $12))
         OR (project_starts.scheduled IS NULL AND $6::timestamp IS NOT NULL) OR (project_starts.pulled IS NULL AND $7::timestamp IS NOT NULL)
         OR (project_starts.started IS NULL AND $8::timestamp IS NOT NULL) OR (project_starts.ready IS NULL AND $9::timestamp IS NOT NULL))
     RETURNING requested, picked_up, applied, project_starts.scheduled, project_starts.pulled, project_starts.started,
       CASE WHEN before.ready IS NULL THEN project_starts.ready END AS ready`,
    [
      leader.name,
      leader.epoch,
      facts.projectId,
      facts.podUid,
      facts.ticket ?? null,
      ...times,
      facts.why?.reason ?? null,
      facts.why?.message ?? null,
      facts.why?.kubernetesReason ?? null,
    ],
    "writeStartFacts",
  );
  if (row?.ready == null) return undefined;
  const moments = Object.entries(row).map(([phase, time]) => [phase, time?.getTime() ?? null]);
  return Object.fromEntries(moments) as unknown as Trace; // the columns of RETURNING
}

export interface KnownState {
  project_id: string;
  state: ComputeState | null;
}

/** Projects that say they have a pod, and those that have one: what has to be compared with the cluster. */
export function statesToCompare(db: Queryable, withPods: string[]): Promise<KnownState[]> {
  return db.query<KnownState>(
    `SELECT project_id, state ->> 'state' AS state FROM projects
     WHERE state ->> 'state' IN ('pending', 'starting', 'running', 'stopping')
     UNION SELECT project_id, state ->> 'state' FROM projects WHERE project_id = ANY ($1::uuid[])`,
    [withPods],
  );
}

/** The state that stands in the row; undefined: never started, or no such project. */
export async function stateOf(db: Queryable, projectId: string): Promise<string | undefined> {
  const [row] = await db.query<{ state: string | null }>(
    "SELECT state ->> 'state' AS state FROM projects WHERE project_id = $1",
    [projectId],
  );
  return row?.state ?? undefined;
}
