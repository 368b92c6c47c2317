/** Asking that starts be given up which wait too long for a node; manage-action does it, and tells why. */

import type { Queryable } from "../../db/db.ts";
import { FENCE, type Leader } from "../../db/terms.ts";

/** Marks every start whose pod was made more than so many minutes ago and is on no node yet; returns their projects. */
export async function giveUpUnplaced(db: Queryable, leader: Leader, minutes: number): Promise<string[]> {
  const rows = await db.query<{ project_id: string }>(
    `UPDATE project_starts SET give_up = 'no_room'
     WHERE outcome IS NULL AND give_up IS NULL AND scheduled IS NULL
       AND applied < (now() AT TIME ZONE 'UTC') - make_interval(secs => $3::float8 * 60)
       AND ${FENCE}
     RETURNING project_id`,
    [leader.name, leader.epoch, minutes],
  );
  return rows.map(({ project_id }) => project_id);
}
