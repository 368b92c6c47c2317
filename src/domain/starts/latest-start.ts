/** The latest start of a project as people see it; a place in the queue is computed when asked, never stored. */

import type { Queryable } from "../../db/db.ts";
import { type ProjectStart, type StartPhase, type StartReason, startPhases } from "../../protocol/starts.ts";

/** A row of `project_starts`. */
export interface StartRow {
  ticket: number;
  project_id: string;
  owner_id: string | null;
  request_time: string;
  requested: Date;
  picked_up: Date | null;
  applied: Date | null;
  scheduled: Date | null;
  pulled: Date | null;
  started: Date | null;
  ready: Date | null;
  ended: Date | null;
  outcome: "running" | "failed" | "cancelled" | null;
  pod_uid: string | null;
  reason: string | null;
  message: string | null;
  kubernetes_reason: string | null;
}

/**
 * The latest start of a project, under way or over; undefined if there was none. Positions follow the rule by which manage-action
 * gives turns (`places.ts`): who has the fewest starts in flight, counting those before it in the same owner's queue, is next.
 */
export async function latestStart(db: Queryable, projectId: string): Promise<ProjectStart | undefined> {
  const [row] = await db.query<StartRow>(
    "SELECT * FROM project_starts WHERE project_id = $1 ORDER BY ticket DESC LIMIT 1",
    [projectId],
  );
  if (row === undefined) return undefined;
  return presentStart(row, isQueued(row) ? await positionOf(db, row.ticket) : null);
}

/** Waits for a place among the starts in flight. */
export function isQueued({ outcome, applied, reason }: StartRow): boolean {
  return outcome === null && applied === null && reason === "queued";
}

/** A row in the shape of the wire. */
export function presentStart(row: StartRow, position: number | null): ProjectStart {
  const phases: Partial<Record<StartPhase, string>> = {};
  for (const phase of startPhases) {
    const time = row[phase];
    if (time !== null) phases[phase] = time.toISOString();
  }
  return {
    project_id: row.project_id,
    ticket: row.ticket,
    phases,
    ended: row.ended?.toISOString() ?? null,
    outcome: row.outcome,
    reason: row.reason as StartReason | null, // our own codes: only our roles write this table
    message: row.message,
    kubernetes_reason: row.kubernetes_reason,
    position,
  };
}

async function positionOf(db: Queryable, ticket: number): Promise<number | null> {
  const [row] = await db.query<{ position: number }>(
    `WITH in_flight AS (
       SELECT owner_id, count(*) AS count FROM project_starts
       WHERE outcome IS NULL AND applied IS NOT NULL AND reason IS DISTINCT FROM 'no_room' GROUP BY owner_id
     ), queue AS (
       SELECT ticket, row_number() OVER (PARTITION BY owner_id ORDER BY ticket) + coalesce(
         (SELECT count FROM in_flight WHERE in_flight.owner_id IS NOT DISTINCT FROM project_starts.owner_id), 0) AS turn
       FROM project_starts WHERE outcome IS NULL AND applied IS NULL AND reason = 'queued'
     ), places AS (
       SELECT ticket, row_number() OVER (ORDER BY turn, ticket) AS position FROM queue
     )
     SELECT position FROM places WHERE ticket = $1`,
    [ticket],
  );
  return row?.position ?? null;
}
