/** Changing what a project is called, which image it uses, and deleting and restoring it: the row alone, the pod follows. */

import { conflict, notFound } from "../../core/errors.ts";
import type { Db, Transaction } from "../../db/db.ts";
import { requestAction } from "./action-request.ts";
import { logProjectEvent, type ProjectActor } from "./log.ts";

/** What may be changed; an absent field stays as it is. */
export interface ProjectChange {
  title?: string | undefined;
  description?: string | undefined;
  /** Vanity name in addresses; null takes it away. */
  name?: string | null | undefined;
  compute_image?: string | undefined;
  /** Environment variables of the project's processes. */
  env?: Record<string, string> | undefined;
  manage_users_owner_only?: boolean | undefined;
}

const COLUMNS = ["title", "description", "name", "compute_image", "env", "manage_users_owner_only"] as const;

/** Writes the changes and logs them (env: which variables, not their values). @throws AppError `not_found`, `conflict` for a taken name. */
export async function updateProject(
  db: Db,
  { accountId, projectId }: ProjectActor,
  change: ProjectChange,
): Promise<void> {
  const changed = COLUMNS.filter((column) => change[column] !== undefined);
  if (changed.length === 0) return;
  const values = changed.map((column) => (column === "env" ? JSON.stringify(change.env) : change[column]));
  const assignments = changed.map((column, index) => `${column} = $${index + 2}`).join(", ");
  await db.transaction(async (tx) => {
    if (change.name != null) await checkNameIsFree(tx, projectId, change.name);
    const written = await tx.execute(
      `UPDATE projects SET ${assignments}, last_edited = now() AT TIME ZONE 'UTC' WHERE project_id = $1 AND deleted IS NOT TRUE`,
      [projectId, ...values],
    );
    if (written === 0) throw noProject();
    const { env, ...plain } = change;
    const logged = { ...plain, ...(env && { env: Object.keys(env) }) };
    await logProjectEvent(tx, { projectId, accountId, event: { event: "set", ...logged } });
  });
}

/** A name is free when no other project of the same owner has it; names of one owner are given one at a time. */
async function checkNameIsFree(tx: Transaction, projectId: string, name: string) {
  const [owner] = await tx.query<{ id: string }>(
    `SELECT member.key AS id FROM projects, jsonb_each(users) AS member
     WHERE project_id = $1 AND member.value ->> 'group' = 'owner'`,
    [projectId],
  );
  if (owner === undefined) return;
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`project name ${owner.id}`]);
  const [other] = await tx.query(
    "SELECT FROM projects WHERE users @> $1 AND lower(name) = lower($2) AND project_id <> $3",
    [JSON.stringify({ [owner.id]: { group: "owner" } }), name, projectId],
  );
  if (other !== undefined) throw conflict(`Another project of the same owner is called ${name} already.`);
}

/** Deletes a project: it stops and disappears from lists, its files stay, and it can be restored. Again is harmless. */
export async function deleteProject(db: Db, { accountId, projectId }: ProjectActor): Promise<void> {
  await db.transaction(async (tx) => {
    const written = await tx.execute(
      "UPDATE projects SET deleted = true WHERE project_id = $1 AND deleted IS NOT TRUE",
      [projectId],
    );
    if (written === 0) return;
    await requestAction(tx, { projectId, action: "stop", accountId });
    await logProjectEvent(tx, { projectId, accountId, event: { event: "delete_project" } }); // last: who looks for what ended it finds this
  });
}

/** Takes a deletion back. Again is harmless. */
export async function restoreProject(db: Db, { accountId, projectId }: ProjectActor): Promise<void> {
  await db.transaction(async (tx) => {
    const written = await tx.execute("UPDATE projects SET deleted = false WHERE project_id = $1 AND deleted", [
      projectId,
    ]);
    if (written > 0) await logProjectEvent(tx, { projectId, accountId, event: { event: "undelete_project" } });
  });
}

function noProject() {
  return notFound("There is no such project.");
}
