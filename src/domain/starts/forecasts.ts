/** Places in the queue and expected times, computed once for everybody who asks within about a second; nothing of it is stored. */

import type { Queryable } from "../../db/db.ts";
import { NOW } from "../../db/moments.ts";
import {
  type Forecast,
  forecast,
  isHopeful,
  NO_FORECAST,
  type Progress,
  type Situation,
  situationAt,
} from "./forecast.ts";
import { latestSamples, type Sample } from "./samples.ts";

/** Each of a thousand who wait looks every few seconds, and any of these looks has to order the whole queue. */
const KEPT_MS = 1_000;

export class Forecasts {
  readonly #db: Queryable;
  #latest: { situation: Promise<Situation>; until: number } | undefined;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Of a start under way; who is new in the queue is found at once. */
  async of(start: Progress): Promise<Forecast> {
    if (!isHopeful(start)) return NO_FORECAST;
    const seen = this.#situation();
    const situation = await seen;
    const isNew = start.ticket > situation.newest;
    return forecast(start, isNew ? await this.#situationAfter(seen) : situation);
  }

  #situation(): Promise<Situation> {
    const known = this.#latest;
    return known !== undefined && known.until > Date.now() ? known.situation : this.#look();
  }

  /** Looked at after `seen`, once for all who have seen that. */
  #situationAfter(seen: Promise<Situation>): Promise<Situation> {
    const known = this.#latest;
    return known !== undefined && known.situation !== seen ? known.situation : this.#look();
  }

  #look(): Promise<Situation> {
    const latest = { situation: situationNow(this.#db), until: Date.now() + KEPT_MS };
    this.#latest = latest;
    latest.situation.catch(() => {
      if (this.#latest === latest) this.#latest = undefined; // the next one asks anew; this one is told by its own await
    });
    return latest.situation;
  }
}

/** With the moment, the last ticket and the limit in each row; `ticket` null, like what is of a start: nothing is under way. */
type UnderWayRow = { at: Date; newest: number | null; limit: number | null } & (
  | ({ ticket: number; project_id: string; owner: string; license: string | null } & Sample)
  | { ticket: null }
);

/** In flight first, in the order of their turns. */
function startsUnderWay(db: Queryable): Promise<UnderWayRow[]> {
  return db.query<UnderWayRow>(
    `SELECT now.*, starts.* FROM (SELECT ${NOW} AS at, (SELECT max(ticket) FROM project_starts) AS newest,
       (SELECT (value ->> 'limit')::float8 FROM cluster_facts WHERE name = 'queue') AS limit) AS now
     LEFT JOIN (
       SELECT ticket, project_id, coalesce(owner_id, project_id) AS owner, license_id AS license, in_flight, node,
         CASE WHEN applied IS NOT NULL OR reason IS DISTINCT FROM 'queued' THEN picked_up END AS picked_up,
         applied, scheduled, pulled, started, NULL::timestamp AS ready
       FROM project_starts WHERE outcome IS NULL AND reason IS DISTINCT FROM 'no_room' AND (picked_up IS NOT NULL OR reason = 'queued')
     ) AS starts ON true ORDER BY picked_up NULLS LAST, ticket`,
    [],
    "startsUnderWay",
  );
}

async function situationNow(db: Queryable): Promise<Situation> {
  const [rows, samples] = await Promise.all([startsUnderWay(db), latestSamples(db)]);
  const { at = new Date(), newest, limit = null } = rows[0] ?? {};
  const underWay = rows.flatMap((row) => (row.ticket === null ? [] : [{ ...row, projectId: row.project_id }]));
  return situationAt({ at, newest: newest ?? 0, limit, underWay, samples });
}
