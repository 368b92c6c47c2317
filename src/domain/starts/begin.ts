/** A request is taken up, and a start begins: before its pod is made, and when its pod is there. Each write is refused when there is a newer leader. */

import type { Leader } from "../../db/leader.ts";
import { NOW, NOW_ISO } from "../../db/moments.ts";
import type { RunQuota } from "../../protocol/quotas.ts";
import { type LicensesInUse, usageOf, withValues } from "../licenses/in-use.ts";
import { lockedStarts } from "./locked-starts.ts";
import { SERVED } from "./served.ts";

/** Gives a request without a time one, so that it can be served: it was written by hand. */
export async function giveTime(leader: Leader, projectId: string): Promise<void> {
  await leader.write(
    (isLeading) => `UPDATE projects SET action_request = action_request || jsonb_build_object('time', ${NOW_ISO})
     WHERE project_id = $1 AND jsonb_typeof(action_request) = 'object' AND action_request ->> 'time' IS NULL AND ${isLeading}`,
    [projectId],
  );
}

/** Says that a request has been taken up, only while it is still the one served. */
export async function recordTakenUp(leader: Leader, request: { projectId: string; time: string }): Promise<void> {
  await leader.write(
    (isLeading) => `UPDATE projects SET action_request = action_request || jsonb_build_object('started', ${NOW_ISO})
     WHERE ${SERVED} AND action_request ->> 'started' IS NULL AND ${isLeading}`,
    [request.projectId, request.time],
  );
}

/** The start under way is of the request that is served; else it goes on for a newer one, which waits as long as any if the older one was given up. */
const SAME_REQUEST = "project_starts.request_time = EXCLUDED.request_time";

/** It goes on saying so until its pod is there: else it would say nothing for a moment, at every try. */
const TRIED_AGAIN = `${SAME_REQUEST} AND EXCLUDED.reason IS NULL AND project_starts.reason = 'cluster_unavailable'`;

export interface StartToRecord {
  projectId: string;
  /** For whose turn it counts; of a start that goes on, that of its beginning stays. */
  ownerId: string | null;
  /** The licence for whose turn it counts besides. */
  licenseId: string | null;
  requestTime: string;
  /** `requestTime` as a moment. */
  requested: Date;
  /** Of the start under way, if there is one: it goes on, for this request. */
  ticket: number | null;
  /** What the pod is made with; null: it waits in the queue, or its pod is there already. */
  quota: RunQuota | null;
  /** What came of its licences with this quota; null: nothing is decided about them. */
  licenses: LicensesInUse | null;
  /** How many starts are in flight, this one included, if its turn comes now. */
  inFlight?: number;
  queued: boolean;
  /** Is its pod one of a rescue? */
  rescue?: boolean;
}

/** Of a project, before the one that begins. People see the latest; the ones before help who looks into why a project does not start. */
const STARTS_KEPT = 20;

/**
 * Records, before their pods are made, that starts begin, or that they wait in the queue; the tickets, in the same order. Whoever begins one
 * forgets the oldest of the project, so that the table does not grow for ever.
 * undefined: refused, because of another leader, or because the request is no longer the one to serve. Rows are locked in order, as
 * everybody does who writes several.
 */
export async function recordStarts(leader: Leader, starts: StartToRecord[]): Promise<(number | undefined)[]> {
  const rows = await leader.write<{ project_id: string; ticket: number }>(
    (isLeading) => `WITH wanted AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS one
         (project_id uuid, owner_id uuid, license_id uuid, request_time text, requested timestamp, ticket bigint, quota jsonb,
           licenses jsonb, seats uuid[], in_flight integer, queued boolean, rescue boolean)
     ), locked AS MATERIALIZED (
       SELECT project_id FROM projects WHERE project_id IN (SELECT project_id FROM wanted) ORDER BY project_id FOR NO KEY UPDATE
     ), served AS (
       ${serveWanted(isLeading)}
     ), ${usageOf("served")}, ${FORGOTTEN}
     ${INSERT_SERVED}`,
    [JSON.stringify(starts.map(toColumns))],
    "recordStarts",
  );
  const tickets = new Map(rows.map(({ project_id, ticket }) => [project_id, ticket]));
  await forgetOlderPods(leader, starts);
  return starts.map(({ projectId }) => tickets.get(projectId));
}

/** Writes into the projects of `wanted` what their starts are served with, of those that are still to be served. */
const serveWanted = (isLeading: string) => `UPDATE projects SET
         action_request = CASE WHEN action_request ->> 'time' = wanted.request_time AND action_request ->> 'finished' IS NULL
             AND action_request ->> 'started' IS NULL
           THEN action_request || jsonb_build_object('started', ${NOW_ISO}) ELSE action_request END,
         run_quota = coalesce(wanted.quota, run_quota),
         pending_quota = CASE WHEN wanted.quota IS NULL THEN pending_quota END,
         site_license = ${withValues("wanted.licenses")},
         last_started = CASE WHEN wanted.quota IS NULL THEN last_started ELSE ${NOW} END,
         last_edited = CASE WHEN wanted.quota IS NULL THEN last_edited ELSE ${NOW} END
       FROM locked JOIN wanted USING (project_id)
       WHERE projects.project_id = locked.project_id AND ${isLeading} AND deleted IS NOT TRUE AND (
         (action_request ->> 'time' = wanted.request_time AND action_request ->> 'finished' IS NULL
           AND action_request ->> 'action' IN ('start', 'restart'))
         OR (action_request ->> 'action' IS DISTINCT FROM 'stop' AND EXISTS (SELECT FROM project_starts
           WHERE project_starts.ticket = wanted.ticket AND project_starts.project_id = projects.project_id AND outcome IS NULL)))
       RETURNING wanted.*`;

/** Beside `served`: the starts of its projects that are one too many. */
const FORGOTTEN = `oldest AS MATERIALIZED (
       SELECT project_id, (SELECT ticket FROM project_starts AS kept WHERE kept.project_id = served.project_id
         ORDER BY ticket DESC OFFSET ${STARTS_KEPT - 1} LIMIT 1) AS ticket
       FROM served
     ), forgotten AS (
       DELETE FROM project_starts USING oldest
       WHERE project_starts.project_id = oldest.project_id AND project_starts.ticket < oldest.ticket AND outcome IS NOT NULL)`;

/** A start of each in `served`: a new one, or the open one with what is served now. */
const INSERT_SERVED = `INSERT INTO project_starts (project_id, owner_id, license_id, request_time, requested, in_flight, rescue, picked_up, reason)
     SELECT project_id, owner_id, license_id, request_time, requested, in_flight, rescue, CASE WHEN queued THEN NULL ELSE ${NOW} END, CASE WHEN queued THEN 'queued' END
     FROM served ORDER BY ticket
     ON CONFLICT (project_id) WHERE outcome IS NULL DO UPDATE SET request_time = EXCLUDED.request_time,
       license_id = EXCLUDED.license_id, rescue = EXCLUDED.rescue,
       picked_up = coalesce(project_starts.picked_up, EXCLUDED.picked_up),
       in_flight = coalesce(EXCLUDED.in_flight, project_starts.in_flight),
       reason = CASE WHEN ${TRIED_AGAIN} THEN project_starts.reason ELSE EXCLUDED.reason END,
       message = CASE WHEN ${TRIED_AGAIN} THEN project_starts.message END,
       kubernetes_reason = CASE WHEN ${TRIED_AGAIN} THEN project_starts.kubernetes_reason END,
       give_up = CASE WHEN ${SAME_REQUEST} THEN project_starts.give_up END,
       applied = CASE WHEN ${SAME_REQUEST} OR project_starts.give_up IS NULL THEN project_starts.applied END,
       pod_uid = CASE WHEN ${SAME_REQUEST} OR project_starts.give_up IS NULL THEN project_starts.pod_uid END
     RETURNING project_id, ticket`;

function toColumns({ requested, ...start }: StartToRecord): object {
  return {
    project_id: start.projectId,
    owner_id: start.ownerId,
    license_id: start.licenseId,
    request_time: start.requestTime,
    requested: requested.toISOString().slice(0, -1),
    ticket: start.ticket,
    quota: start.quota,
    licenses: start.licenses?.values,
    seats: start.licenses?.seats,
    in_flight: start.inFlight,
    queued: start.queued,
    rescue: start.rescue,
  };
}

/** A start that goes on with another pod has the phases of that one. */
async function forgetOlderPods(leader: Leader, starts: StartToRecord[]): Promise<void> {
  const tickets = starts.flatMap(({ ticket, quota }) => (ticket !== null && quota !== null ? [ticket] : []));
  if (tickets.length === 0) return;
  await leader.write(
    (isLeading) => `WITH ${lockedStarts("SELECT unnest($1::bigint[])")}
     UPDATE project_starts SET applied = NULL, scheduled = NULL, pulled = NULL, started = NULL, node = NULL, pod_uid = NULL
     FROM locked WHERE project_starts.ticket = locked.ticket AND applied IS NOT NULL AND outcome IS NULL AND ${isLeading}`,
    [tickets],
  );
}

/** Records that the pods of starts are there, and that the cluster answers. */
export async function recordApplied(leader: Leader, starts: { ticket: number; podUid: string }[]): Promise<void> {
  await leader.write(
    (isLeading) => `WITH ${lockedStarts("SELECT unnest($1::bigint[])")}
     UPDATE project_starts SET applied = coalesce(applied, ${NOW}), pod_uid = made.pod_uid,
       (reason, message, kubernetes_reason) = (SELECT reason, message, kubernetes_reason WHERE reason <> 'cluster_unavailable')
     FROM unnest($1::bigint[], $2::text[]) AS made (ticket, pod_uid) JOIN locked USING (ticket)
     WHERE project_starts.ticket = made.ticket AND outcome IS NULL AND project_starts.pod_uid IS DISTINCT FROM made.pod_uid AND ${isLeading}`,
    [starts.map(({ ticket }) => ticket), starts.map(({ podUid }) => podUid)],
    "recordApplied",
  );
}
