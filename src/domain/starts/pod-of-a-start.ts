/** Whether a pod is surely one of ours, whatever its labels say by now: starts know the pods that were made for them. */

import type { Queryable } from "../../db/db.ts";

/** Was a pod of this uid, or one that carries this ticket, made for a start of the project? */
export async function isPodOfAStart(
  db: Queryable,
  { projectId, podUid, ticket }: { projectId: string; podUid: string; ticket: number | undefined },
): Promise<boolean> {
  const rows = await db.query(
    "SELECT FROM project_starts WHERE project_id = $1 AND (pod_uid = $2 OR ticket = $3::bigint) LIMIT 1",
    [projectId, podUid, ticket ?? null],
  );
  return rows.length > 0;
}
