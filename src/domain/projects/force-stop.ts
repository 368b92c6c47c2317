/** An administrator's word that a project's machine is off: its pod is forced away. Every use is recorded. */

import { idIn } from "../../core/uuid.ts";
import type { Db } from "../../db/db.ts";
import { record } from "../central-log/central-log.ts";
import { requestAction } from "./action-request.ts";

/**
 * Asks that a project be stopped without waiting for its machine to confirm it; manage-action does it. Where the machine is not off, the
 * project may go on there and write to the same files as its next start. `by`: the administrator; absent: somebody at the database itself. @throws AppError `invalid` or `not_found`.
 */
export async function forceStop(db: Db, projectId: string, by?: string): Promise<void> {
  const id = idIn(projectId, "project");
  await db.transaction(async (tx) => {
    await requestAction(tx, { projectId: id, action: "stop", force: true });
    await record(tx, "project-force-stopped", { project_id: id, ...(by !== undefined && { by }) });
  });
}
