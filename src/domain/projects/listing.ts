/** The projects of an account, page by page: by last change as lists show them, and by id for a browser that keeps them all. */

import type { Queryable } from "../../db/db.ts";
import { memberGroup, type ProjectSummary } from "../../protocol/project.ts";
import { cursorOf, readCursor } from "./cursor.ts";
import { COLUMNS, type SummaryRow, summaryOf } from "./summaries.ts";

/** SQL: is the account that is parameter `$1` a member? Entries of any other shape are none. */
const IS_MEMBER = `users ? $1 AND users -> $1 ->> 'group' IN (${memberGroup.options.map((group) => `'${group}'`).join(", ")})`;

export interface ProjectPage {
  accountId: string;
  /** Most projects. */
  limit: number;
  deleted: boolean;
  /** `next` of the page before. */
  after?: string | undefined;
}

/** One page of an account's projects, last edited first. The index on `users` finds them. @throws AppError `invalid` for a wrong `after`. */
export async function projectsOf(
  db: Queryable,
  { accountId, limit, deleted, after }: ProjectPage,
): Promise<{ projects: ProjectSummary[]; next: string | null }> {
  const { time, id } = readCursor(after);
  const rows = await db.query<SummaryRow & { cursor: string }>(
    `SELECT ${COLUMNS}, ${cursorOf("coalesce(last_edited, created)", "project_id")} AS cursor FROM projects
     WHERE ${IS_MEMBER} AND coalesce(deleted, false) = $2
       AND ($3::timestamp IS NULL OR (coalesce(last_edited, created), project_id) < ($3, $4::uuid))
     ORDER BY coalesce(last_edited, created) DESC, project_id DESC LIMIT $5`,
    [accountId, deleted, time, id, limit],
  );
  const last = rows.length < limit ? undefined : rows.at(-1);
  return { projects: rows.map(({ cursor: _, ...row }) => summaryOf(row)), next: last?.cursor ?? null };
}

/** One page of an account's projects by id, hidden and deleted ones included; `next` is null on the last page. */
export async function summaryPage(
  db: Queryable,
  { accountId, after, limit }: { accountId: string; after?: string | undefined; limit: number },
): Promise<{ projects: ProjectSummary[]; next: string | null }> {
  // The account's projects by the index on users first: in order of id alone, the whole table might be walked for a few rows.
  const rows = await db.query<SummaryRow>(
    `WITH own AS MATERIALIZED (SELECT project_id FROM projects WHERE ${IS_MEMBER}),
       page AS (SELECT project_id FROM own WHERE $2::uuid IS NULL OR project_id > $2 ORDER BY project_id LIMIT $3)
     SELECT ${COLUMNS} FROM projects JOIN page USING (project_id) ORDER BY project_id`,
    [accountId, after ?? null, limit],
  );
  return { projects: rows.map(summaryOf), next: rows.length < limit ? null : (rows.at(-1)?.project_id ?? null) };
}
