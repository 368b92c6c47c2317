/** Who belongs to a project: adding, inviting, changing what somebody is, removing. Each change locks the project's row, so that none is lost. */

import { conflict, forbidden, notFound } from "../../core/errors.ts";
import type { Db, Queryable, Transaction } from "../../db/db.ts";
import type { InvitedGroup, MemberGroup, ProjectUsers } from "../../protocol/project.ts";
import { may, type ProjectRole, whyNot } from "../../protocol/project-rights.ts";
import { IS_GOOD_INVITATION, invite, withdrawInvitation, withdrawInvitationsBy } from "./invitations.ts";
import { logProjectEvent, type ProjectActor, type ProjectEvent } from "./log.ts";

/** Who changes who belongs to a project: as what, and by which rules of the site. */
export interface CollaboratorsActor extends ProjectActor {
  role: ProjectRole;
  /** The site's setting strict_collaborator_management. */
  strict: boolean;
  /** Addresses are verified on this site: only then one stands for its account. */
  verifies: boolean;
}

interface MembersRow {
  users: ProjectUsers | null;
  manage_users_owner_only: boolean | null;
  invited: number;
}

/** Those who are invited count, too. */
const MAX_MEMBERS = 1_000;

/** Adds an account; one that is a member already stays what it is. @throws AppError `forbidden`, `not_found`, `conflict`. */
export function addMember(
  db: Db,
  actor: CollaboratorsActor,
  { accountId, group }: { accountId: string; group: InvitedGroup },
): Promise<void> {
  return changing(db, actor, async (tx, users) => {
    mayManage(actor, users);
    if (users.members[accountId] !== undefined) return;
    checkRoom(users);
    const [account] = await tx.query("SELECT FROM accounts WHERE account_id = $1 AND deleted IS NOT TRUE", [accountId]);
    if (account === undefined) throw notFound("There is no such account; search for the person again.");
    await writeMember(tx, actor.projectId, { accountId, group });
    await log(tx, actor, { event: "invite_user", invitee_account_id: accountId });
  });
}

/**
 * Adds whoever has this e-mail address: at once, or when they sign up or have verified it. The answer is the same; the list of members tells.
 */
export function addByEmail(
  db: Db,
  actor: CollaboratorsActor,
  { email, group }: { email: string; group: InvitedGroup },
): Promise<void> {
  return changing(db, actor, async (tx, users) => {
    mayManage(actor, users);
    const [account] = await tx.query<{ account_id: string }>(
      `SELECT account_id FROM accounts WHERE lower(email_address) = $1 AND deleted IS NOT TRUE
         AND (NOT $2 OR coalesce(email_address_verified ? email_address, false))`,
      [email, actor.verifies],
    );
    if (account !== undefined && users.members[account.account_id] !== undefined) return;
    checkRoom(users);
    const invitedBy = actor.role === "admin" ? undefined : actor.accountId;
    if (account === undefined) await invite(tx, { projectId: actor.projectId, email, group, invitedBy });
    else await writeMember(tx, actor.projectId, { accountId: account.account_id, group });
    await log(tx, actor, { event: "invite_nonuser", invitee_email: email });
  });
}

/** Takes back an invitation of somebody who has not signed up yet. */
export function removeInvitation(db: Db, actor: CollaboratorsActor, email: string): Promise<void> {
  return changing(db, actor, async (tx, users) => {
    mayManage(actor, users);
    if (await withdrawInvitation(tx, { projectId: actor.projectId, email })) {
      await log(tx, actor, { event: "remove_invitation", invitee_email: email });
    }
  });
}

/** Makes a member something else: owners alone do; a project keeps at least one owner. */
export function changeMemberGroup(
  db: Db,
  actor: CollaboratorsActor,
  to: { accountId: string; group: MemberGroup },
): Promise<void> {
  return changing(db, actor, async (tx, users) => {
    if (!may(actor.role, "own")) throw forbidden(whyNot(actor.role, "own"));
    const member = users.members[to.accountId];
    if (member === undefined) throw notFound("That account is not a member of this project.");
    if (member.group === to.group) return;
    if (member.group === "owner" && users.owners.length === 1) {
      throw conflict("A project needs an owner: make somebody else an owner first.");
    }
    await writeMember(tx, actor.projectId, to);
    if (!may(to.group, "members")) {
      await withdrawInvitationsBy(tx, { projectIds: [actor.projectId], invitedBy: to.accountId });
    }
    await log(tx, actor, { event: "change_collaborator_type", target_account_id: to.accountId, group: to.group });
  });
}

/** Removes a collaborator or viewer, or oneself; an owner has to be made a collaborator first. What they have open in it ends at once. */
export function removeMember(db: Db, actor: CollaboratorsActor, accountId: string): Promise<void> {
  return changing(db, actor, async (tx, users) => {
    if (accountId !== actor.accountId) mayManage(actor, users);
    const member = users.members[accountId];
    if (member === undefined) return;
    if (member.group === "owner") throw forbidden("An owner cannot be removed: make them a collaborator first.");
    await tx.execute("UPDATE projects SET users = users - $2::text WHERE project_id = $1", [
      actor.projectId,
      accountId,
    ]);
    await tx.execute("DELETE FROM api_keys WHERE project_id = $1 AND account_id = $2", [actor.projectId, accountId]);
    await withdrawInvitationsBy(tx, { projectIds: [actor.projectId], invitedBy: accountId });
    await log(tx, actor, { event: "remove_collaborator", removed_account_id: accountId });
  });
}

const MAX_TOLD = 5;

/** A project as those see it who have to hand it over. */
export interface Titled {
  project_id: string;
  title: string;
}

const OWNED_ALONE = `SELECT project_id, coalesce(title, '') AS title FROM projects
  WHERE users @> $2 AND deleted IS NOT TRUE
    AND EXISTS (SELECT FROM jsonb_each(users) WHERE key <> $1)
    AND NOT EXISTS (SELECT FROM jsonb_each(users) WHERE key <> $1 AND value ->> 'group' = 'owner')
  ORDER BY project_id`;
const ownedAloneBy = (accountId: string) => [accountId, JSON.stringify({ [accountId]: { group: "owner" } })];

/** The projects that this account alone owns and others belong to: to be handed over, or deleted, before the account is. */
export function projectsToHandOver(db: Queryable, accountId: string): Promise<Titled[]> {
  return db.query<Titled>(OWNED_ALONE, ownedAloneBy(accountId));
}

/**
 * Would nobody be left to decide, where others work? Their rows stay locked, so that nobody else leaves them meanwhile.
 * @throws AppError `conflict` that names some of the projects that this account alone owns and others belong to.
 */
export async function checkNothingIsOrphaned(tx: Transaction, accountId: string): Promise<void> {
  const alone = await tx.query<Titled>(`${OWNED_ALONE} FOR NO KEY UPDATE`, ownedAloneBy(accountId));
  if (alone.length === 0) return;
  const titles = alone.slice(0, MAX_TOLD).map(({ title }) => `“${title}”`);
  const more = alone.length > MAX_TOLD ? ` and ${alone.length - MAX_TOLD} more` : "";
  throw conflict(
    `You alone own projects that others belong to: ${titles.join(", ")}${more}. Make somebody else an owner of each, or delete it, first.`,
  );
}

interface Members {
  members: ProjectUsers;
  owners: string[];
  ownerOnly: boolean;
  invited: number;
}

function mayManage({ role, strict }: CollaboratorsActor, { ownerOnly }: Members): void {
  if (!may(role, "members")) throw forbidden(whyNot(role, "members"));
  if (role === "collaborator" && (strict || ownerOnly)) {
    throw forbidden("Only owners manage the members of this project; ask one of them.");
  }
}

function checkRoom({ members, invited }: Members): void {
  if (Object.keys(members).length + invited >= MAX_MEMBERS)
    throw conflict(`A project has at most ${MAX_MEMBERS} members, those who are invited included.`);
}

/** Runs `act` with the members as they are, and nobody else changing them meanwhile. The actor is looked at again, in the same row. */
async function changing(
  db: Db,
  actor: CollaboratorsActor,
  act: (tx: Transaction, users: Members) => Promise<void>,
): Promise<void> {
  await db.transaction(async (tx) => {
    const [row] = await tx.query<MembersRow>(
      `SELECT users, manage_users_owner_only, (SELECT count(*) FROM jsonb_each(invite) WHERE ${IS_GOOD_INVITATION}) AS invited
       FROM projects WHERE project_id = $1 AND deleted IS NOT TRUE FOR UPDATE`,
      [actor.projectId],
    );
    if (row === undefined) throw notFound("There is no such project.");
    const members = row.users ?? {};
    const group = members[actor.accountId]?.group;
    if (actor.role !== "admin" && group !== actor.role) throw forbidden("You are no longer a member of this project.");
    const owners = Object.keys(members).filter((id) => members[id]?.group === "owner");
    await act(tx, { members, owners, ownerOnly: row.manage_users_owner_only === true, invited: row.invited });
  });
}

async function writeMember(
  tx: Transaction,
  projectId: string,
  { accountId, group }: { accountId: string; group: MemberGroup },
): Promise<void> {
  await tx.execute(
    `UPDATE projects SET users = coalesce(users, '{}') ||
       jsonb_build_object($2::text, coalesce(users -> $2, '{}') || jsonb_build_object('group', $3::text))
     WHERE project_id = $1`,
    [projectId, accountId, group],
  );
}

function log(tx: Transaction, { projectId, accountId }: ProjectActor, event: ProjectEvent) {
  return logProjectEvent(tx, { projectId, accountId, event });
}
