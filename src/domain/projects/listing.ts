/** The projects of an account and one project, as lists show them. */

import type { Queryable } from "../../db/db.ts";
import type { ActionRequest, ProjectState, ProjectSummary, ProjectUsers } from "../../protocol/project.ts";
import { cursorOf, readCursor } from "./cursor.ts";

interface SummaryRow {
  project_id: string;
  title: string | null;
  description: string | null;
  users: ProjectUsers | null;
  state: ProjectState | null;
  action_request: ActionRequest | null;
  compute_image: string | null;
  run_quota: Record<string, unknown> | null;
  created: Date;
  last_edited: Date | null;
  deleted: boolean | null;
}

const SUMMARY =
  "project_id, title, description, users, state, action_request, compute_image, run_quota, created, last_edited, deleted";

/** Members as wires state them: entries of any other shape are left out. */
function summaryOf(row: SummaryRow): ProjectSummary {
  const users = Object.entries(row.users ?? {}).filter(([, member]) =>
    ["owner", "collaborator"].includes(member?.group),
  );
  return {
    ...row,
    title: row.title ?? "",
    description: row.description ?? "",
    users: Object.fromEntries(users),
    created: row.created.toISOString(),
    last_edited: row.last_edited?.toISOString() ?? null,
    deleted: row.deleted === true,
  };
}

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
    `SELECT ${SUMMARY}, ${cursorOf("coalesce(last_edited, created)", "project_id")} AS cursor FROM projects
     WHERE users ? $1 AND users -> $1 ->> 'group' IN ('owner', 'collaborator') AND coalesce(deleted, false) = $2
       AND ($3::timestamp IS NULL OR (coalesce(last_edited, created), project_id) < ($3, $4::uuid))
     ORDER BY coalesce(last_edited, created) DESC, project_id DESC LIMIT $5`,
    [accountId, deleted, time, id, limit],
  );
  const last = rows.length < limit ? undefined : rows.at(-1);
  return { projects: rows.map(({ cursor: _, ...row }) => summaryOf(row)), next: last?.cursor ?? null };
}

/** One project, deleted or not; undefined: there is none. Whether the caller may see it has been asked before. */
export async function projectById(db: Queryable, projectId: string): Promise<ProjectSummary | undefined> {
  const [row] = await db.query<SummaryRow>(`SELECT ${SUMMARY} FROM projects WHERE project_id = $1`, [projectId]);
  return row === undefined ? undefined : summaryOf(row);
}

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
  const names = await namesOf(
    db,
    [...groups.keys()].filter((id) => UUID.test(id)),
  );
  return names
    .map((name) => ({
      ...name,
      group: groups.get(name.account_id) ?? "",
      last_active: row?.last_active?.[name.account_id] ?? null,
    }))
    .filter(({ group }) => group === "owner" || group === "collaborator")
    .sort((a, b) => b.group.localeCompare(a.group));
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function namesOf(db: Queryable, accountIds: string[]) {
  return db.query<Omit<Member, "group" | "last_active">>(
    `SELECT account_id, coalesce(first_name, '') AS first_name, coalesce(last_name, '') AS last_name FROM accounts
     WHERE account_id = ANY($1::uuid[]) ORDER BY lower(last_name), lower(first_name), account_id`,
    [accountIds],
  );
}

/** The addresses invited to a project that have not signed up yet. */
export async function invitedTo(
  db: Queryable,
  projectId: string,
): Promise<{ email_address: string; time: string | null }[]> {
  return db.query(
    `SELECT invited.key AS email_address, invited.value ->> 'time' AS time FROM projects, jsonb_each(invite) AS invited
     WHERE project_id = $1 ORDER BY 1`,
    [projectId],
  );
}
