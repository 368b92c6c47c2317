/** What running projects have by now, and what only a restart would bring. Each write is refused when there is a newer leader. */

import type { Leader } from "../../db/leader.ts";
import { NOW_ISO } from "../../db/moments.ts";
import type { PendingQuota, RunQuota } from "../../protocol/quotas.ts";

export interface QuotaToRecord {
  projectId: string;
  /** Column `run_quota`; null: as it is. */
  has: RunQuota | null;
  /** Column `pending_quota`, of the time since which it says so; null: it has what it may have. */
  pending: Omit<PendingQuota, "time"> | null;
  /** It has just been tried: its time is now, also where it says the same as before. */
  isNew?: boolean;
}

/** Rows are locked in order, as everybody does who writes several. */
export async function recordQuotas(leader: Leader, projects: QuotaToRecord[]): Promise<void> {
  await leader.write(
    (isLeading) => `WITH told AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS one (project_id uuid, has jsonb, pending jsonb, is_new boolean)
     ), locked AS MATERIALIZED (
       SELECT project_id FROM projects WHERE project_id IN (SELECT project_id FROM told) ORDER BY project_id FOR NO KEY UPDATE
     )
     UPDATE projects SET run_quota = coalesce(told.has, run_quota),
       pending_quota = CASE WHEN told.is_new IS NOT TRUE AND pending_quota = told.pending || jsonb_build_object('time', pending_quota -> 'time') THEN pending_quota
         ELSE told.pending || jsonb_build_object('time', ${NOW_ISO}) END
     FROM locked JOIN told USING (project_id) WHERE projects.project_id = locked.project_id AND ${isLeading}`,
    [
      JSON.stringify(
        projects.map(({ projectId, has, pending, isNew }) => ({ project_id: projectId, has, pending, is_new: isNew })),
      ),
    ],
    "recordQuotas",
  );
}
