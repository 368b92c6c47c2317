/** Who is in a project, and who is invited; changing that is for collaborators.ts and invitations.ts. */

import { isUuid } from "../../core/uuid.ts";
import type { Queryable } from "../../db/db.ts";
import { type InvitedGroup, type MemberGroup, memberGroup } from "../../protocol/project.ts";
import { IS_GOOD_INVITATION } from "./invitations.ts";

export interface Membership {
  account_id: string;
  group: MemberGroup;
  last_active: string | null;
}

interface MembershipsRow {
  users: Record<string, { group?: unknown } | null> | null;
  last_active: Record<string, string> | null;
}

/** The members of a project, in no order. Entries of any other shape are no members. */
export async function memberships(db: Queryable, projectId: string): Promise<Membership[]> {
  const [row] = await db.query<MembershipsRow>("SELECT users, last_active FROM projects WHERE project_id = $1", [
    projectId,
  ]);
  return Object.entries(row?.users ?? {}).flatMap(([account_id, member]) => {
    const group = memberGroup.safeParse(member?.group).data;
    const isMember = group !== undefined && isUuid(account_id);
    return isMember ? [{ account_id, group, last_active: row?.last_active?.[account_id] ?? null }] : [];
  });
}

export interface Invitation {
  email_address: string;
  time: string | null;
  /** What they become; an entry that does not say makes a collaborator. */
  group: InvitedGroup;
}

/** The addresses invited to a project that have not signed up yet. */
export async function invitedTo(db: Queryable, projectId: string): Promise<Invitation[]> {
  return db.query(
    `SELECT invited.key AS email_address, invited.value ->> 'time' AS time,
       CASE invited.value ->> 'group' WHEN 'viewer' THEN 'viewer' ELSE 'collaborator' END AS "group" FROM projects, jsonb_each(invite) AS invited
     WHERE project_id = $1 AND ${IS_GOOD_INVITATION} ORDER BY 1`,
    [projectId],
  );
}
