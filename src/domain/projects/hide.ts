/** Hiding a project from one member's own list. */

import { notFound } from "../../core/errors.ts";
import type { Queryable } from "../../db/db.ts";

interface Hiding {
  projectId: string;
  accountId: string;
  hide: boolean;
}

/** Writes `hide` into the member's own entry of `users`, nobody else's. @throws AppError `not_found` for somebody who is no member. */
export async function hideProject(db: Queryable, { projectId, accountId, hide }: Hiding): Promise<void> {
  const written = await db.execute(
    `UPDATE projects SET users = jsonb_set(users, ARRAY[$2::text, 'hide'], to_jsonb($3::boolean))
     WHERE project_id = $1 AND users ? $2`,
    [projectId, accountId, hide],
  );
  if (written === 0) throw notFound("You are not a member of this project, so there is nothing to hide.");
}
