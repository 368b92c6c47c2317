/** A start or a request comes to its end, each once. Each write is refused when there is a newer leader. */

import type { Leader } from "../../db/leader.ts";
import { NOW, NOW_ISO } from "../../db/moments.ts";
import { SERVED } from "./served.ts";
import { columnsOf, type Why, writable } from "./wait.ts";

export interface EndOfStart {
  projectId: string;
  /** The start that ends, if one does. */
  ticket: number | null;
  outcome: "running" | "failed" | "cancelled";
  why?: Why | undefined;
}

/** Ends a start without touching the request: it was cancelled by another one. Whether it was under way. */
export async function endStart(leader: Leader, { projectId, ticket, outcome, why }: EndOfStart): Promise<boolean> {
  const written = await leader.write(
    (
      isLeading,
    ) => `UPDATE project_starts SET outcome = $3, ended = ${NOW}, reason = $4, message = $5, kubernetes_reason = $6
     WHERE project_id = $1 AND ticket = $2 AND outcome IS NULL AND ${isLeading} RETURNING ticket`,
    [projectId, ticket, outcome, ...columnsOf(why)],
  );
  return written.length > 0;
}

const REMOVED = "NOT EXISTS (SELECT FROM projects WHERE project_id = $1)";

/** Ends the start of a project whose row was removed; false: refused, because the row is there, or because of another leader. */
export async function endStartsOfRemoved(leader: Leader, projectId: string): Promise<boolean> {
  const [row] = await leader.write<{ removed: boolean }>(
    (isLeading) => `WITH ended AS (
       UPDATE project_starts SET outcome = 'cancelled', ended = ${NOW}, reason = 'project_deleted', message = 'The project was removed.'
       WHERE project_id = $1 AND outcome IS NULL AND ${isLeading} AND ${REMOVED})
     SELECT ${isLeading} AND ${REMOVED} AS removed`,
    [projectId],
  );
  return row?.removed === true;
}

export interface Finishing {
  projectId: string;
  /** Time of the request that is finished. */
  requestTime: string;
  err?: string | undefined;
  /** Kind of the entry in the project's log; absent: none. */
  event?: string | undefined;
}

/** What was written: the request is finished, the start is over. */
export interface Finished {
  served: boolean;
  ended: boolean;
}

/**
 * Finishes a request, only while it is still the one served, and logs it. Ends the start with it, if one is given and under way: also when
 * there is a newer request by now, which then begins one of its own.
 */
export async function finishRequest(
  leader: Leader,
  { projectId, requestTime, err, event }: Finishing,
  ending?: EndOfStart,
): Promise<Finished> {
  const [row] = await leader.write<Finished>(
    (isLeading) => `WITH ended AS (
       UPDATE project_starts SET outcome = $6, ended = ${NOW}, reason = $7, message = $8, kubernetes_reason = $9
       WHERE project_id = $1 AND ticket = $5::bigint AND outcome IS NULL AND ${isLeading}
       RETURNING (extract(epoch FROM ${NOW} - requested) * 1000)::bigint AS duration_ms, nullif(rescue, false) AS rescue
     ), served AS (
       UPDATE projects SET action_request = (action_request - 'err') || jsonb_strip_nulls(jsonb_build_object(
         'started', coalesce(action_request ->> 'started', ${NOW_ISO}), 'finished', ${NOW_ISO}, 'err', $3::text))
       WHERE ${SERVED} AND ${isLeading} RETURNING project_id
     ), logged AS (
       INSERT INTO project_log (id, project_id, event)
       SELECT gen_random_uuid(), project_id, jsonb_strip_nulls(jsonb_build_object('event', $4::text, 'err', $3::text,
         'duration_ms', (SELECT duration_ms FROM ended), 'rescue', (SELECT rescue FROM ended))) FROM served WHERE $4::text IS NOT NULL)
     SELECT EXISTS (SELECT FROM served) AS served, EXISTS (SELECT FROM ended) AS ended`,
    [
      projectId,
      requestTime,
      writable(err),
      event ?? null,
      ending?.ticket ?? null,
      ending?.outcome ?? null,
      ...columnsOf(ending?.why),
    ],
    "finishRequest",
  );
  return row ?? { served: false, ended: false };
}
