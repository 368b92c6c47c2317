/** Who belongs to a project, asked for many projects at once. */

import type { Queryable } from "../../db/db.ts";
import { memberGroup } from "../../protocol/project.ts";
import type { ProjectMembers } from "./identity.ts";

interface MembersRow {
  project_id: string;
  deleted: boolean | null;
  users: Record<string, { group?: unknown } | null> | null;
}

/** The members of those of the projects that exist. Entries of any other shape are no members. */
export async function membersOf(db: Queryable, projectIds: readonly string[]): Promise<Map<string, ProjectMembers>> {
  if (projectIds.length === 0) return new Map();
  const rows = await db.query<MembersRow>(
    "SELECT project_id, deleted, users FROM projects WHERE project_id = ANY($1::uuid[])",
    [projectIds],
  );
  return new Map(rows.map((row) => [row.project_id, membersIn(row)]));
}

function membersIn({ deleted, users }: MembersRow): ProjectMembers {
  const groups = Object.entries(users ?? {}).flatMap(([accountId, member]) => {
    const group = memberGroup.safeParse(member?.group);
    return group.success ? [[accountId, group.data] as const] : [];
  });
  return { deleted: deleted === true, groups: new Map(groups) };
}
