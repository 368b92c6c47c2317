/** A start or a request comes to its end, each once. Each write is refused when there is a newer leader. */

import type { Queryable } from "../../db/db.ts";
import { FENCE, type Leader } from "../../db/terms.ts";
import { NOW, NOW_ISO } from "./moments.ts";
import { SERVED } from "./served.ts";
import type { Why } from "./wait.ts";

export interface Ending {
  projectId: string;
  /** The start that ends, if one does. */
  ticket: number | null;
  outcome: "running" | "failed" | "cancelled";
  why?: Why | undefined;
}

/** Ends a start without touching the request: it was cancelled by another one. Whether it was under way. */
export async function endStart(
  db: Queryable,
  leader: Leader,
  { projectId, ticket, outcome, why }: Ending,
): Promise<boolean> {
  const written = await db.execute(
    `UPDATE project_starts SET outcome = $5, ended = ${NOW}, reason = $6, message = $7, kubernetes_reason = $8
     WHERE project_id = $3 AND ticket = $4 AND outcome IS NULL AND ${FENCE}`,
    [
      leader.name,
      leader.epoch,
      projectId,
      ticket,
      outcome,
      why?.reason ?? null,
      why?.message ?? null,
      why?.kubernetesReason ?? null,
    ],
  );
  return written > 0;
}

/** Ends the start of a project whose row was removed; false: refused, because the row is there, or because of another leader. */
export async function endStartsOfRemoved(db: Queryable, leader: Leader, projectId: string): Promise<boolean> {
  const removed = `${FENCE} AND NOT EXISTS (SELECT FROM projects WHERE project_id = $3)`;
  const [row] = await db.query<{ removed: boolean }>(
    `WITH ended AS (
       UPDATE project_starts SET outcome = 'cancelled', ended = ${NOW}, reason = 'project_deleted', message = 'The project was removed.'
       WHERE project_id = $3 AND outcome IS NULL AND ${removed})
     SELECT ${removed} AS removed`,
    [leader.name, leader.epoch, projectId],
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
  db: Queryable,
  leader: Leader,
  { projectId, requestTime, err, event }: Finishing,
  ending?: Ending,
): Promise<Finished> {
  const [row] = await db.query<Finished>(
    `WITH ended AS (
       UPDATE project_starts SET outcome = $8, ended = ${NOW}, reason = $9, message = $10, kubernetes_reason = $11
       WHERE project_id = $3 AND ticket = $7::bigint AND outcome IS NULL AND ${FENCE}
       RETURNING (extract(epoch FROM ${NOW} - requested) * 1000)::bigint AS duration_ms
     ), served AS (
       UPDATE projects SET action_request = (action_request - 'err') || jsonb_strip_nulls(jsonb_build_object(
         'started', coalesce(action_request ->> 'started', ${NOW_ISO}), 'finished', ${NOW_ISO}, 'err', $5::text))
       WHERE ${SERVED} AND ${FENCE} RETURNING project_id
     ), logged AS (
       INSERT INTO project_log (id, project_id, event)
       SELECT gen_random_uuid(), project_id, jsonb_strip_nulls(jsonb_build_object('event', $6::text, 'err', $5::text,
         'duration_ms', (SELECT duration_ms FROM ended))) FROM served WHERE $6::text IS NOT NULL)
     SELECT EXISTS (SELECT FROM served) AS served, EXISTS (SELECT FROM ended) AS ended`,
    [
      leader.name,
      leader.epoch,
      projectId,
      requestTime,
      err ?? null,
      event ?? null,
      ending?.ticket ?? null,
      ending?.outcome ?? null,
      ending?.why?.reason ?? null,
      ending?.why?.message ?? null,
      ending?.why?.kubernetesReason ?? null,
    ],
    "finishRequest",
  );
  return row ?? { served: false, ended: false };
}
