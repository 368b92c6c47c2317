/** What happened in a project and by whom: rows of project_log, read newest first in pages. */

import type { Queryable } from "../../db/db.ts";
import { NOW } from "../../db/moments.ts";
import { cursorOf, readCursor } from "./cursor.ts";

/** `event` names the kind; the rest of the fields are its own. */
export interface ProjectEvent {
  event: string;
  [field: string]: unknown;
}

/** Who does something to a project. */
export interface ProjectActor {
  accountId: string;
  projectId: string;
}

export interface LoggedEvent {
  id: string;
  time: Date;
  account_id: string | null;
  event: ProjectEvent;
}

/**
 * Writes down what somebody did in a project; without an account it was the site itself. The time is that of the clock, not of the
 * transaction: two events of one keep their order.
 */
export function logProjectEvent(
  db: Queryable,
  { projectId, ...what }: { projectId: string; accountId?: string | undefined; event: ProjectEvent },
): Promise<void> {
  return logInProjects(db, { projectIds: [projectId], ...what });
}

/** The same in many projects at once. */
export async function logInProjects(
  db: Queryable,
  {
    projectIds,
    accountId,
    event,
  }: { projectIds: readonly string[]; accountId?: string | undefined; event: ProjectEvent },
): Promise<void> {
  await db.execute(
    `INSERT INTO project_log (id, project_id, account_id, event, time)
     SELECT gen_random_uuid(), project_id, $2, $3, ${NOW} FROM unnest($1::uuid[]) AS project_id`,
    [projectIds, accountId ?? null, JSON.stringify(event)],
  );
}

interface LogPage {
  projectId: string;
  /** Most rows. */
  limit: number;
  /** `next` of the page before. */
  after?: string | undefined;
}

/** One page of a project's log, newest first. @throws AppError `invalid` for a wrong `after`. */
export async function projectLog(
  db: Queryable,
  { projectId, limit, after }: LogPage,
): Promise<{ log: LoggedEvent[]; next: string | null }> {
  const { time, id } = readCursor(after);
  const rows = await db.query<LoggedEvent & { cursor: string }>(
    `SELECT id, time, account_id, event, ${cursorOf("time", "id")} AS cursor FROM project_log
     WHERE project_id = $1 AND ($2::timestamp IS NULL OR (time, id) < ($2, $3::uuid))
     ORDER BY time DESC, id DESC LIMIT $4`,
    [projectId, time, id, limit],
  );
  const last = rows.length < limit ? undefined : rows.at(-1);
  return { log: rows.map(({ cursor: _, ...row }) => row), next: last?.cursor ?? null };
}
