/** Asking that a start be given up which waits too long for a node; manage-action does it, and tells why. */

import type { Queryable } from "../../db/db.ts";
import type { Leader } from "../../db/leader.ts";

/** Its pod was made more than so many minutes ago, and is on no node yet. `$1`: the minutes. */
const WAITS_TOO_LONG = `outcome IS NULL AND give_up IS NULL AND scheduled IS NULL
  AND applied < (now() AT TIME ZONE 'UTC') - make_interval(secs => $1::float8 * 60)`;

/** The projects whose start waits too long. */
export async function waitingTooLong(db: Queryable, minutes: number): Promise<string[]> {
  const rows = await db.query<{ project_id: string }>(`SELECT project_id FROM project_starts WHERE ${WAITS_TOO_LONG}`, [
    minutes,
  ]);
  return rows.map(({ project_id }) => project_id);
}

/** Marks the start of the project, if it waits too long; whether it does. */
export async function giveUpUnplaced(leader: Leader, projectId: string, minutes: number): Promise<boolean> {
  const rows = await leader.write(
    (isLeading) =>
      `UPDATE project_starts SET give_up = 'no_room' WHERE project_id = $2 AND ${WAITS_TOO_LONG} AND ${isLeading} RETURNING project_id`,
    [minutes, projectId],
  );
  return rows.length > 0;
}
