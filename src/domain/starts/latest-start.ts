/** The latest start of a project as people see it; its place in the queue and when it will be ready are computed when asked, never stored. */

import { Batches } from "../../core/batches.ts";
import type { Queryable } from "../../db/db.ts";
import { type ProjectStart, type StartPhase, type StartReason, startPhases } from "../../protocol/starts.ts";
import type { Forecast } from "./forecast.ts";
import { Forecasts } from "./forecasts.ts";

/** A row of `project_starts`. */
interface StartRow {
  ticket: number;
  project_id: string;
  owner_id: string | null;
  in_flight: number | null;
  node: string | null;
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
  rescue: boolean | null;
}

/** Asked by many browsers at once, so what comes together is asked together. */
export class LatestStarts {
  readonly #rows: Batches<string, StartRow | undefined>;
  readonly #forecasts: Forecasts;

  constructor(db: Queryable) {
    this.#rows = new Batches({ max: 500, parallel: 2, run: (projectIds) => latestRows(db, projectIds) });
    this.#forecasts = new Forecasts(db);
  }

  /** The latest start of a project, under way or over; undefined if there was none. */
  async of(projectId: string): Promise<ProjectStart | undefined> {
    const row = await this.#rows.ask(projectId);
    if (row === undefined) return undefined;
    return presentStart(row, await this.#forecasts.of(row));
  }
}

async function latestRows(db: Queryable, projectIds: string[]): Promise<(StartRow | undefined)[]> {
  const rows = await db.query<StartRow>(
    `SELECT latest.* FROM unnest($1::uuid[]) AS wanted (project_id), LATERAL (
       SELECT * FROM project_starts WHERE project_starts.project_id = wanted.project_id ORDER BY ticket DESC LIMIT 1
     ) AS latest`,
    [projectIds],
  );
  const found = new Map(rows.map((row) => [row.project_id, row]));
  return projectIds.map((projectId) => found.get(projectId));
}

/** As somebody sees it who may not control the project: Kubernetes' own words name nodes and labels of the cluster. */
export function withoutDetails(start: ProjectStart): ProjectStart {
  return { ...start, kubernetes_reason: null };
}

/** A row in the shape of the wire. */
function presentStart(row: StartRow, { position, expected }: Forecast): ProjectStart {
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
    rescue: row.rescue === true,
    expected: expected?.toISOString() ?? null,
  };
}
