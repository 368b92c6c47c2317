/** Column `projects.state`: written by manage-state alone, whole, and only when something changed. */

import type { Queryable } from "../../db/db.ts";
import type { Leader } from "../../db/leader.ts";
import { NOW_ISO } from "../../db/moments.ts";
import type { ComputeState } from "../../protocol/project.ts";
import { LOST_LABELS, type StateBefore, type StateFacts } from "../project-pods/rules.ts";

/** The state without its time; NULL for whatever is none. */
const KNOWN = "CASE WHEN jsonb_typeof(state) = 'object' THEN state - 'time' END";

/** Writes those states that are other ones; for each, whether it was. Rows are locked in order, as everybody does who writes several. */
export async function writeStates(
  leader: Leader,
  states: { projectId: string; facts: StateFacts }[],
): Promise<boolean[]> {
  const rows = await leader.write<{ project_id: string }>(
    (isLeading) => `WITH wanted AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS one (project_id uuid, facts jsonb)
     ), locked AS MATERIALIZED (
       SELECT project_id FROM projects JOIN wanted USING (project_id) WHERE ${KNOWN} IS DISTINCT FROM wanted.facts
       ORDER BY project_id FOR NO KEY UPDATE OF projects
     )
     UPDATE projects SET state = wanted.facts ||
       jsonb_build_object('time', ${NOW_ISO})
     FROM locked JOIN wanted USING (project_id)
     WHERE projects.project_id = locked.project_id AND ${isLeading} AND ${KNOWN} IS DISTINCT FROM wanted.facts
     RETURNING projects.project_id`,
    [JSON.stringify(states.map(({ projectId, facts }) => ({ project_id: projectId, facts })))],
    "writeStates",
  );
  const written = new Set(rows.map(({ project_id }) => project_id));
  return states.map(({ projectId }) => written.has(projectId));
}

export interface KnownState {
  project_id: string;
  state: ComputeState | null;
}

/** Projects that say they have a pod, also one that is not seen, and those that have one: what has to be compared with the cluster. */
export function statesToCompare(db: Queryable, withPods: string[]): Promise<KnownState[]> {
  return db.query<KnownState>(
    `SELECT project_id, state ->> 'state' AS state FROM projects
     WHERE state ->> 'state' IN ('pending', 'starting', 'running', 'stopping')
     UNION SELECT project_id, state ->> 'state' FROM projects WHERE state @> jsonb_build_object('error', $2::text)
     UNION SELECT project_id, state ->> 'state' FROM projects WHERE project_id = ANY ($1::uuid[])`,
    [withPods, LOST_LABELS],
  );
}

/** The state that stands in the row; nulls: never started, or no such project. */
export async function stateOf(db: Queryable, projectId: string): Promise<StateBefore> {
  const [row] = await db.query<StateBefore>(
    "SELECT state ->> 'state' AS state, state ->> 'error' AS error FROM projects WHERE project_id = $1",
    [projectId],
  );
  return row ?? { state: null, error: null };
}
