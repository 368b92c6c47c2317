/** Summaries of projects for the live list: many by id, and an account's own in pages by id. */

import type { Queryable } from "../../db/db.ts";
import {
  actionRequest,
  memberGroup,
  type ProjectSummary,
  type ProjectUsers,
  projectState,
} from "../../protocol/project.ts";

interface SummaryRow {
  project_id: string;
  title: string | null;
  description: string | null;
  users: Record<string, { group?: unknown; hide?: unknown } | null> | null;
  state: unknown;
  action_request: unknown;
  compute_image: string | null;
  run_quota: Record<string, unknown> | null;
  created: Date;
  last_edited: Date | null;
  deleted: boolean | null;
}

const COLUMNS =
  "project_id, title, description, users, state, action_request, compute_image, run_quota, created, last_edited, deleted";

/** Those of the projects that exist, in no order. Who may see them is for the caller to ask. */
export async function summariesOf(db: Queryable, projectIds: readonly string[]): Promise<ProjectSummary[]> {
  if (projectIds.length === 0) return [];
  const rows = await db.query<SummaryRow>(`SELECT ${COLUMNS} FROM projects WHERE project_id = ANY($1::uuid[])`, [
    projectIds,
  ]);
  return rows.map(summaryOf);
}

/** One page of an account's projects by id, hidden and deleted ones included; `next` is null on the last page. */
export async function summaryPage(
  db: Queryable,
  { accountId, after, limit }: { accountId: string; after?: string | undefined; limit: number },
): Promise<{ projects: ProjectSummary[]; next: string | null }> {
  // The account's projects by the index on users first: in order of id alone, the whole table might be walked for a few rows.
  const rows = await db.query<SummaryRow>(
    `WITH own AS MATERIALIZED (SELECT project_id FROM projects WHERE users ? $1 AND users -> $1 ->> 'group' IN ('owner', 'collaborator')),
       page AS (SELECT project_id FROM own WHERE $2::uuid IS NULL OR project_id > $2 ORDER BY project_id LIMIT $3)
     SELECT ${COLUMNS} FROM projects JOIN page USING (project_id) ORDER BY project_id`,
    [accountId, after ?? null, limit],
  );
  return { projects: rows.map(summaryOf), next: rows.length < limit ? null : (rows.at(-1)?.project_id ?? null) };
}

/** Columns that others may write too are read by their schemas: what has another shape is left out. */
function summaryOf(row: SummaryRow): ProjectSummary {
  return {
    ...row,
    title: row.title ?? "",
    description: row.description ?? "",
    users: membersIn(row.users),
    state: projectState.safeParse(row.state).data ?? null,
    action_request: actionRequest.safeParse(row.action_request).data ?? null,
    created: row.created.toISOString(),
    last_edited: row.last_edited?.toISOString() ?? null,
    deleted: row.deleted === true,
  };
}

function membersIn(users: SummaryRow["users"]): ProjectUsers {
  const members = Object.entries(users ?? {}).flatMap(([accountId, member]) => {
    const group = memberGroup.safeParse(member?.group);
    return group.success ? [[accountId, { group: group.data, hide: member?.hide === true }] as const] : [];
  });
  return Object.fromEntries(members);
}
