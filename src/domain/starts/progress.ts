/** The pod columns of a start: how far its pod is and what it waits for. Written by manage-state alone, and only when something changed. */

import type { Leader } from "../../db/leader.ts";
import type { Explanation } from "../project-pods/explanation-rules.ts";
import type { PodPhases } from "../project-pods/rules.ts";
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

/** Fills in the phases that are new, and why it waits; the whole trace, if this made it ready. */
export async function writeProgress(leader: Leader, facts: PodProgress): Promise<Trace | undefined> {
  const { scheduled, pulled, started, ready } = facts.phases;
  const times = [scheduled, pulled, started, ready].map((time) => time ?? null);
  const [row] = await leader.write<Record<keyof Trace, Date | null>>(
    (isLeading) => `UPDATE project_starts SET
       node = coalesce($11, node), scheduled = coalesce(project_starts.scheduled, $4), pulled = coalesce(project_starts.pulled, $5),
       started = coalesce(project_starts.started, $6), ready = coalesce(project_starts.ready, $7),
       reason = CASE WHEN outcome IS NULL THEN $8 ELSE reason END,
       message = CASE WHEN outcome IS NULL THEN $9 ELSE message END,
       kubernetes_reason = CASE WHEN outcome IS NULL THEN $10 ELSE kubernetes_reason END
     FROM (SELECT ticket, ready FROM project_starts
       WHERE project_id = $1 AND (ticket = $3::bigint OR (outcome IS NULL AND pod_uid = $2)) ORDER BY ticket DESC LIMIT 1) AS before
     WHERE project_starts.ticket = before.ticket AND ${isLeading}
       AND ((outcome IS NULL AND (reason, message, kubernetes_reason) IS DISTINCT FROM ($8, $9, $10))
         OR (project_starts.scheduled IS NULL AND $4::timestamp IS NOT NULL) OR (project_starts.pulled IS NULL AND $5::timestamp IS NOT NULL)
         OR (project_starts.started IS NULL AND $6::timestamp IS NOT NULL) OR (project_starts.ready IS NULL AND $7::timestamp IS NOT NULL))
     RETURNING requested, picked_up, applied, project_starts.scheduled, project_starts.pulled, project_starts.started,
       CASE WHEN before.ready IS NULL THEN project_starts.ready END AS ready`,
    [facts.projectId, facts.podUid, facts.ticket ?? null, ...times, ...columnsOf(facts.why), facts.node ?? null],
    "writeProgress",
  );
  if (row?.ready == null) return undefined;
  const moments = Object.entries(row).map(([phase, time]) => [phase, time?.getTime() ?? null]);
  return Object.fromEntries(moments) as unknown as Trace; // the columns of RETURNING
}
