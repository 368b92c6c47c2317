/** Invitations of people who have no account yet: kept under their e-mail address, and applied when they sign up. */

import { randomUUID } from "node:crypto";
import type { Queryable, Transaction } from "../../db/db.ts";
import { deleteExpired } from "../../db/delete-expired.ts";
import type { InvitedGroup } from "../../protocol/project.ts";
import { logProjectEvent } from "./log.ts";

const KEPT_DAYS = 60;

/**
 * SQL: is an entry `value` of `projects.invite` still good? Times are compared as the text they are written as; one without a time has no
 * end. Entries that ended stand there until somebody else is invited.
 */
export const IS_GOOD_INVITATION = `coalesce(value ->> 'time', '9999') >
  to_char(now() AT TIME ZONE 'UTC' - interval '${KEPT_DAYS} days', 'YYYY-MM-DD"T"HH24:MI:SS')`;

interface NewInvitation {
  projectId: string;
  email: string;
  group: InvitedGroup;
  invitedBy: string | undefined;
}

/**
 * Remembers that whoever signs up with this address becomes a collaborator, or a viewer; again renews it.
 * It ends when `invitedBy` is no longer a member; without (an administrator) it does not depend on anybody.
 */
export async function invite(tx: Transaction, { projectId, email, group, invitedBy }: NewInvitation): Promise<void> {
  await withdrawInvitation(tx, { projectId, email });
  await tx.execute(
    `INSERT INTO account_creation_actions (id, action, email_address, expire)
     VALUES ($1, $2, $3, now() AT TIME ZONE 'UTC' + make_interval(days => $4))`,
    [
      randomUUID(),
      JSON.stringify({ action: "add_to_project", project_id: projectId, group, invited_by: invitedBy }),
      email,
      KEPT_DAYS,
    ],
  );
  await tx.execute(
    `UPDATE projects SET invite = (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(invite) WHERE ${IS_GOOD_INVITATION})
       || jsonb_build_object($2::text, jsonb_build_object('time', $3::text, 'group', $4::text))
     WHERE project_id = $1`,
    [projectId, email, new Date().toISOString(), group],
  );
}

/** Takes an invitation back; says whether there was one. */
export async function withdrawInvitation(
  tx: Queryable,
  { projectId, email }: { projectId: string; email: string },
): Promise<boolean> {
  const deleted = await tx.execute(
    `DELETE FROM account_creation_actions
     WHERE email_address = $2 AND action ->> 'action' = 'add_to_project' AND action ->> 'project_id' = $1`,
    [projectId, email],
  );
  await tx.execute("UPDATE projects SET invite = invite - $2::text WHERE project_id = $1 AND invite ? $2", [
    projectId,
    email,
  ]);
  return deleted > 0;
}

/** Takes back what a member invited who is about to leave these projects, whose rows are locked: it would give nothing any more. */
export async function withdrawInvitationsBy(
  tx: Transaction,
  { projectIds, invitedBy }: { projectIds: readonly string[]; invitedBy: string },
): Promise<void> {
  await tx.execute(
    `WITH ended AS (
       DELETE FROM account_creation_actions
       WHERE email_address IN (SELECT jsonb_object_keys(invite) FROM projects WHERE project_id = ANY($1::uuid[]))
         AND action ->> 'action' = 'add_to_project' AND action ->> 'project_id' = ANY($1::text[]) AND action ->> 'invited_by' = $2
       RETURNING (action ->> 'project_id')::uuid AS project_id, email_address)
     UPDATE projects SET invite = invite - emails
     FROM (SELECT project_id, array_agg(email_address::text) AS emails FROM ended GROUP BY project_id) AS withdrawn
     WHERE projects.project_id = withdrawn.project_id`,
    [projectIds, invitedBy],
  );
}

/** Makes an account a member of the projects that wait for its address, where it is none; only where whoever invited may still do so. */
export async function applyInvitations(
  tx: Transaction,
  { accountId, email }: { accountId: string; email: string },
): Promise<void> {
  // In order, as everybody does who writes several: people who sign up at once are often invited to the same projects.
  await tx.query(
    `SELECT FROM projects WHERE project_id IN (
       SELECT (action ->> 'project_id')::uuid FROM account_creation_actions
       WHERE email_address = $1 AND action ->> 'action' = 'add_to_project') ORDER BY project_id FOR NO KEY UPDATE`,
    [email],
  );
  const joined = await tx.query<{ project_id: string }>(
    `UPDATE projects SET users = coalesce(users, '{}') || jsonb_build_object($1::text, jsonb_build_object('group', invited."group"))
     FROM (SELECT DISTINCT ON (1) (action ->> 'project_id')::uuid AS project_id, action ->> 'invited_by' AS invited_by,
         CASE action ->> 'group' WHEN 'viewer' THEN 'viewer' ELSE 'collaborator' END AS "group"
       FROM account_creation_actions
       WHERE email_address = $2 AND action ->> 'action' = 'add_to_project' AND (expire IS NULL OR expire > now() AT TIME ZONE 'UTC')
       ORDER BY 1, 3) AS invited
     WHERE projects.project_id = invited.project_id AND deleted IS NOT TRUE
       AND coalesce(users -> $1 ->> 'group', '') NOT IN ('owner', 'collaborator', 'viewer')
       AND (invited_by IS NULL OR users -> invited_by ->> 'group' IN ('owner', 'collaborator'))
     RETURNING projects.project_id`,
    [accountId, email],
  );
  await tx.execute(
    `UPDATE projects SET invite = invite - $1::text WHERE invite ? $1 AND project_id IN (
       SELECT (action ->> 'project_id')::uuid FROM account_creation_actions
       WHERE email_address = $1 AND action ->> 'action' = 'add_to_project')`,
    [email],
  );
  await tx.execute(
    "DELETE FROM account_creation_actions WHERE email_address = $1 AND action ->> 'action' = 'add_to_project'",
    [email],
  );
  for (const { project_id } of joined) {
    await logProjectEvent(tx, {
      projectId: project_id,
      accountId,
      event: { event: "collaborator_joined", account_id: accountId },
    });
  }
}

/** Deletes invitations that nobody followed in time; called now and then. */
export async function deleteExpiredInvitations(db: Queryable): Promise<void> {
  await deleteExpired(db, { table: "account_creation_actions", key: "id" });
}
