/** An administrator gives a project without an owner to somebody: its last owner's account is gone, and nobody in it may decide. Every use is recorded. */

import { conflict, notFound } from "../../core/errors.ts";
import { idIn } from "../../core/uuid.ts";
import type { Db } from "../../db/db.ts";
import type { ProjectUsers } from "../../protocol/project.ts";
import { record } from "../central-log/central-log.ts";
import { logProjectEvent } from "../projects/log.ts";
import { accountOf } from "./admin.ts";

interface HandingOver {
  projectId: string;
  /** E-mail address of the new owner, a member or not. */
  email: string;
  /** The administrator; undefined: somebody at the database itself. */
  by?: string | undefined;
}

/**
 * Makes the account an owner; owners whose accounts are gone leave. A project that was deleted is handed over too: its owner restores it.
 * @throws AppError `invalid` or `not_found`; `conflict` where an owner is left to decide.
 */
export async function handOver(db: Db, { projectId, email, by }: HandingOver): Promise<void> {
  const id = idIn(projectId, "project");
  await db.transaction(async (tx) => {
    const [project] = await tx.query<{ users: ProjectUsers | null }>(
      "SELECT users FROM projects WHERE project_id = $1 FOR NO KEY UPDATE",
      [id],
    );
    if (project === undefined) throw notFound(`There is no project ${id}.`);
    const accountId = await accountOf(tx, email);
    const members = project.users ?? {};
    const owners = Object.keys(members).filter((member) => members[member]?.group === "owner");
    const left = await tx.query("SELECT FROM accounts WHERE account_id = ANY($1::uuid[]) AND deleted IS NOT TRUE", [
      owners,
    ]);
    if (left.length > 0) {
      throw conflict("This project has an owner; ask them to make somebody else one.");
    }
    await tx.execute(
      `UPDATE projects SET users = (coalesce(users, '{}') - $4::text[]) ||
         jsonb_build_object($2::text, coalesce(users -> $2, '{}') || jsonb_build_object('group', $3::text))
       WHERE project_id = $1`,
      [id, accountId, "owner", owners],
    );
    const event = { event: "change_collaborator_type", target_account_id: accountId, group: "owner" };
    await logProjectEvent(tx, { projectId: id, accountId: by ?? accountId, event });
    await record(tx, "project-handed-over", { project_id: id, account_id: accountId, ...(by !== undefined && { by }) });
  });
}
