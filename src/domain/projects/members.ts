/** Who is in a project, and who is invited, as its members see it; changing that is for collaborators.ts and invitations.ts. */

import { isUuid } from "../../core/uuid.ts";
import type { Queryable } from "../../db/db.ts";
import type { ProjectUsers } from "../../protocol/project.ts";
import { peopleById } from "../accounts/people.ts";
import { IS_GOOD_INVITATION } from "./invitations.ts";

export interface Member {
  account_id: string;
  first_name: string;
  last_name: string;
  group: string;
  last_active: string | null;
}

interface MembershipRow {
  users: ProjectUsers | null;
  last_active: Record<string, string> | null;
}

/** The members of a project with their names, owners first, then by name. */
export async function membersWithNames(db: Queryable, projectId: string): Promise<Member[]> {
  const [row] = await db.query<MembershipRow>("SELECT users, last_active FROM projects WHERE project_id = $1", [
    projectId,
  ]);
  const groups = new Map(Object.entries(row?.users ?? {}).map(([id, member]) => [id, member?.group]));
  const people = await peopleById(
    db,
    [...groups.keys()].filter((id) => isUuid(id)),
  );
  return people
    .map(({ account_id, first_name, last_name }) => ({
      account_id,
      first_name,
      last_name,
      group: groups.get(account_id) ?? "",
      last_active: row?.last_active?.[account_id] ?? null,
    }))
    .filter(({ group }) => group === "owner" || group === "collaborator")
    .sort(inOrder);
}

/** "owner" is after "collaborator" in the alphabet, and first here. */
function inOrder(a: Member, b: Member): number {
  return (
    b.group.localeCompare(a.group) ||
    a.last_name.localeCompare(b.last_name) ||
    a.first_name.localeCompare(b.first_name) ||
    a.account_id.localeCompare(b.account_id)
  );
}

/** The addresses invited to a project that have not signed up yet. */
export async function invitedTo(
  db: Queryable,
  projectId: string,
): Promise<{ email_address: string; time: string | null }[]> {
  return db.query(
    `SELECT invited.key AS email_address, invited.value ->> 'time' AS time FROM projects, jsonb_each(invite) AS invited
     WHERE project_id = $1 AND ${IS_GOOD_INVITATION} ORDER BY 1`,
    [projectId],
  );
}
