/** A project's row as every wire shows it. Which projects an account has is asked in listing.ts. */

import type { Queryable } from "../../db/db.ts";
import {
  actionRequest,
  memberGroup,
  type ProjectSummary,
  type ProjectUsers,
  projectState,
} from "../../protocol/project.ts";
import { withoutPlacement } from "../../protocol/shown-quota.ts";

/** The columns of a summary as they are in the database. */
export interface SummaryRow {
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

/** SQL of the columns of a `SummaryRow`. */
export const COLUMNS =
  "project_id, title, description, users, state, action_request, compute_image, run_quota, created, last_edited, deleted";

/** Those of the projects that exist, in no order. Who may see them is for the caller to ask. */
export async function summariesOf(db: Queryable, projectIds: readonly string[]): Promise<ProjectSummary[]> {
  if (projectIds.length === 0) return [];
  const rows = await db.query<SummaryRow>(`SELECT ${COLUMNS} FROM projects WHERE project_id = ANY($1::uuid[])`, [
    projectIds,
  ]);
  return rows.map(summaryOf);
}

/** One project, deleted or not; undefined: there is none. Whether the caller may see it has been asked before. */
export async function projectById(db: Queryable, projectId: string): Promise<ProjectSummary | undefined> {
  return (await summariesOf(db, [projectId]))[0];
}

/** Columns that others may write too are read by their schemas: what has another shape is left out. */
export function summaryOf(row: SummaryRow): ProjectSummary {
  return {
    ...row,
    title: row.title ?? "",
    description: row.description ?? "",
    users: membersIn(row.users),
    state: projectState.safeParse(row.state).data ?? null,
    action_request: actionRequest.safeParse(row.action_request).data ?? null,
    run_quota: row.run_quota === null ? null : withoutPlacement(row.run_quota), // viewers see it too
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
