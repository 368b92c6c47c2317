/** Says that somebody works in a project: its idle time starts anew. */

import type { Queryable } from "../../db/db.ts";

/** Seconds within which a second touch by the same person writes nothing. */
const THROTTLE_SECONDS = 30;

/** Sets last_edited, and last_active of the member. Deleted projects stay untouched; an administrator who looks, and a viewer, do not work there. */
export async function touchProject(
  db: Queryable,
  { projectId, accountId }: { projectId: string; accountId: string },
): Promise<void> {
  await db.execute(
    `UPDATE projects SET last_edited = now() AT TIME ZONE 'UTC',
       last_active = coalesce(last_active, '{}') || jsonb_build_object($2::text, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
     WHERE project_id = $1 AND deleted IS NOT TRUE AND users -> $2 ->> 'group' IN ('owner', 'collaborator')
       AND (last_edited IS NULL OR last_edited < now() AT TIME ZONE 'UTC' - make_interval(secs => $3)
         OR coalesce(last_active ->> $2::text, '') < to_char(now() AT TIME ZONE 'UTC' - make_interval(secs => $3), 'YYYY-MM-DD"T"HH24:MI:SS'))`,
    [projectId, accountId, THROTTLE_SECONDS],
  );
}
