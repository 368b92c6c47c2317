/** Asking for a start or stop, and what was asked last: `projects.action_request`, which manage-action serves. */

import { notFound } from "../../core/errors.ts";
import type { Queryable } from "../../db/db.ts";
import { NOW } from "../../db/moments.ts";
import { type ActionRequest, actionRequest, type ProjectAction } from "../../protocol/project.ts";

const LOGGED: Partial<Record<ProjectAction, string>> = {
  start: "project_start_requested",
  stop: "project_stop_requested",
  restart: "project_restart_requested",
};

interface NewRequest {
  projectId: string;
  action: ProjectAction;
  /** Who asks, for the log, and for whose turn a start counts; absent: the site itself. */
  accountId?: string | undefined;
  /** With start and restart: in rescue mode. */
  rescue?: boolean | undefined;
  /** An administrator knows that the pod's machine is off: the pod is forced away. */
  force?: boolean;
}

/** Of the row `before`: the action $2 was asked for already, or what it asks for is so. */
const CHANGES_NOTHING = `CASE $2
  WHEN 'stop' THEN before.action_request ->> 'action' = 'stop'
  WHEN 'start' THEN CASE WHEN before.action_request ->> 'action' IN ('start', 'restart') AND before.action_request ->> 'finished' IS NULL THEN true
    ELSE before.state ->> 'state' = 'running' AND before.action_request ->> 'action' IS DISTINCT FROM 'stop' END
  ELSE false END`;

/**
 * Replaces the request by a new one, and writes down who asked, in one statement: who sees the one finds the other. What is asked for again,
 * or is so already, is no news for the log. The time of the request
 * is the database's, with microseconds, so that no two are alike.
 * @returns the time of the request. @throws AppError `not_found` for a project that is not there, or is deleted and should start.
 */
export async function requestAction(
  db: Queryable,
  { projectId, action, accountId, rescue = false, force = false }: NewRequest,
): Promise<{ time: string }> {
  const event = LOGGED[action];
  const isRescue = rescue && (action === "start" || action === "restart");
  const wishes = {
    ...(accountId !== undefined && { account_id: accountId }),
    ...(isRescue && { rescue }),
    ...(force && { force }),
  };
  const [row] = await db.query<{ time: string }>(
    `WITH before AS (
       SELECT project_id, action_request, state FROM projects WHERE project_id = $1),
     requested AS (
       UPDATE projects SET action_request = jsonb_build_object('action', $2::text,
         'time', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) || $3::jsonb
       WHERE project_id = $1 AND ($2 NOT IN ('start', 'restart') OR deleted IS NOT TRUE)
       RETURNING project_id, action_request ->> 'time' AS time),
     logged AS (
       INSERT INTO project_log (id, project_id, account_id, event, time)
       SELECT gen_random_uuid(), project_id, $4, $5, ${NOW} FROM requested JOIN before USING (project_id)
       WHERE $5::jsonb IS NOT NULL AND ($6 OR (${CHANGES_NOTHING}) IS NOT TRUE))
     SELECT time FROM requested`,
    [projectId, action, wishes, accountId ?? null, event && { event, ...(isRescue && { rescue }) }, isRescue || force],
  );
  if (row === undefined) throw notFound("There is no such project, or it has been deleted; restore it first.");
  return row;
}

/** The latest request, whatever became of it; undefined: there was none. */
export async function latestRequest(db: Queryable, projectId: string): Promise<ActionRequest | undefined> {
  const [row] = await db.query<{ action_request: unknown }>(
    "SELECT action_request FROM projects WHERE project_id = $1",
    [projectId],
  );
  return actionRequest.safeParse(row?.action_request).data;
}

/** Is it one for a start that is still under way? */
export function isStartUnderWay(request: ActionRequest | undefined): boolean {
  return (request?.action === "start" || request?.action === "restart") && request.finished === undefined;
}

/** Asks for a start unless one is under way: pages come again and again, and each request is written, logged and served. */
export async function requestStartOnce(
  db: Queryable,
  { projectId, accountId }: { projectId: string; accountId: string },
): Promise<void> {
  if (isStartUnderWay(await latestRequest(db, projectId))) return;
  await requestAction(db, { projectId, action: "start", accountId });
}
