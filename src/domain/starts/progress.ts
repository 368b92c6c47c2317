/** The pod columns of a start: how far its pod is and what it waits for. Written by manage-state alone, and only when something changed. */

import type { Leader } from "../../db/leader.ts";
import type { Explanation } from "../project-pods/explanation-rules.ts";
import type { PodPhases } from "../project-pods/rules.ts";
import { lockedStarts } from "./locked-starts.ts";
import { columnsOf } from "./wait.ts";

/** What is written about the start that a pod belongs to. */
export interface PodProgress {
  projectId: string;
  /** Of the pod: its uid, and the ticket it was made for. */
  podUid: string;
  ticket: number | undefined;
  phases: PodPhases;
  /** Where its pod is, once it has a place. */
  node: string | undefined;
  /** Why the pod waits, if it does. */
  why: Explanation | undefined;
}

/** Moments of one start, in ms since the epoch. */
export interface Trace {
  requested: number;
  picked_up: number | null;
  applied: number | null;
  scheduled: number | null;
  pulled: number | null;
  started: number | null;
  ready: number | null;
}

/** Fills in the phases that are new, and why each start waits; for each pod the whole trace of its start, if this made that ready. */
export async function writeProgress(leader: Leader, pods: readonly PodProgress[]): Promise<(Trace | undefined)[]> {
  const rows = await leader.write<Record<keyof Trace, Date | null> & { index: number }>(
    (isLeading) => `WITH pod AS (
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS one (index int, project_id uuid, pod_uid text, ticket bigint, node text,
         scheduled timestamp, pulled timestamp, started timestamp, ready timestamp, reason text, message text, kubernetes_reason text)
     ), told AS MATERIALIZED (
       SELECT pod.*, start.ticket AS of_ticket, start.ready AS ready_before FROM pod JOIN LATERAL (
         SELECT * FROM project_starts WHERE project_id = pod.project_id AND (ticket = pod.ticket OR (outcome IS NULL AND pod_uid = pod.pod_uid))
         ORDER BY ticket DESC LIMIT 1) AS start ON ${isNews("start", "pod")}
     ), ${lockedStarts("SELECT of_ticket FROM told")}
     UPDATE project_starts AS start SET
       node = coalesce(told.node, start.node), scheduled = coalesce(start.scheduled, told.scheduled), pulled = coalesce(start.pulled, told.pulled),
       started = coalesce(start.started, told.started), ready = coalesce(start.ready, told.ready),
       reason = CASE WHEN outcome IS NULL THEN told.reason ELSE start.reason END,
       message = CASE WHEN outcome IS NULL THEN told.message ELSE start.message END,
       kubernetes_reason = CASE WHEN outcome IS NULL THEN told.kubernetes_reason ELSE start.kubernetes_reason END
     FROM told JOIN locked ON locked.ticket = of_ticket
     WHERE start.ticket = of_ticket AND ${isLeading} AND ${isNews("start", "told")}
     RETURNING index, requested, picked_up, applied, start.scheduled, start.pulled, start.started,
       CASE WHEN ready_before IS NULL THEN start.ready END AS ready`,
    [JSON.stringify(pods.map(columnsOfPod))],
    "writeProgress",
  );
  const traces = new Map(rows.map(({ index, ...moments }) => [index, traceOf(moments)]));
  return pods.map((_, index) => traces.get(index));
}

/** Of a row of project_starts: does this pod tell anything that is not in it yet? */
function isNews(start: string, pod: string): string {
  const why = (of: string) => `(${of}.reason, ${of}.message, ${of}.kubernetes_reason)`;
  const phases = ["scheduled", "pulled", "started", "ready"];
  const isNew = phases.map((phase) => `(${start}.${phase} IS NULL AND ${pod}.${phase} IS NOT NULL)`);
  return `((${start}.outcome IS NULL AND ${why(start)} IS DISTINCT FROM ${why(pod)}) OR ${isNew.join(" OR ")})`;
}

function columnsOfPod({ projectId, podUid, ticket, phases, node, why }: PodProgress, index: number) {
  const [reason, message, kubernetes_reason] = columnsOf(why);
  const pod = { index, project_id: projectId, pod_uid: podUid, ticket, node };
  return { ...pod, ...phases, reason, message, kubernetes_reason };
}

function traceOf(row: Record<keyof Trace, Date | null>): Trace | undefined {
  if (row.ready === null) return undefined;
  const moments = Object.entries(row).map(([phase, time]) => [phase, time?.getTime() ?? null]);
  return Object.fromEntries(moments) as unknown as Trace; // the columns of RETURNING
}
