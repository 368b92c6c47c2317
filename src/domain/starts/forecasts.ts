/** Places in the queue and expected times, computed once for everybody who asks within about a second; nothing of it is stored. */

import type { Queryable } from "../../db/db.ts";
import { NOW } from "../../db/moments.ts";
import { type Durations, likeliest, remaining } from "./durations.ts";
import { type Outlook, outlooks } from "./outlook.ts";
import { durationsFrom, latestSamples, type Sample, TIMED_PHASES, type TimedPhase } from "./samples.ts";

/** What of a start under way decides how far it is. */
export type Progress = Record<TimedPhase, Date | null> & {
  ticket: number;
  in_flight: number | null;
  outcome: string | null;
  reason: string | null;
};

export interface Forecast {
  /** 1 is next; null: it does not wait for its turn. */
  position: number | null;
  expected: Date | null;
}

interface Situation {
  /** When it was so, by the clock of the database. */
  at: Date;
  outlooks: ReadonlyMap<number, Outlook>;
  /** How long those who wait will be in flight. */
  flight: Durations;
  samples: readonly Sample[];
  /** For how long the starts in flight have been so, in milliseconds. */
  ages: readonly number[];
  /** The last ticket that was given by then. */
  newest: number;
}

/** Each of a thousand who wait looks every few seconds, and any of these looks has to order the whole queue. */
const KEPT_MS = 1_000;
/** While it waits for one of these, nobody can tell when that comes. */
const HOPEFUL: readonly (string | null)[] = [null, "queued", "image_pulling"];
const NONE: Forecast = { position: null, expected: null };

export class Forecasts {
  readonly #db: Queryable;
  #latest: { situation: Promise<Situation>; until: number } | undefined;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Of a start under way; who is new in the queue is found at once. */
  async of(start: Progress): Promise<Forecast> {
    if (start.outcome !== null || !HOPEFUL.includes(start.reason)) return NONE;
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
    const latest = { situation: situationOf(this.#db), until: Date.now() + KEPT_MS };
    this.#latest = latest;
    latest.situation.catch(() => {
      if (this.#latest === latest) this.#latest = undefined; // the next one asks anew; this one is told by its own await
    });
    return latest.situation;
  }
}

function forecast(start: Progress, { at, flight, samples, ages, ...situation }: Situation): Forecast {
  const queued = situation.outlooks.get(start.ticket);
  const phase = TIMED_PHASES.find((one) => start[one] !== null);
  if (queued !== undefined) {
    const all = flight.map(({ ms, weight }) => ({ ms: queued.waitMs + ms, weight }));
    return { position: queued.position, expected: after(at, likeliest(all)) };
  }
  const since = phase && start[phase];
  if (!phase || !since) return NONE;
  const inFlight = start.in_flight ?? ages.length;
  const durations = durationsFrom(samples, { phase, inFlight, underWay: phase === "picked_up" ? ages : [] });
  return { position: null, expected: after(at, likeliest(remaining(durations, at.getTime() - since.getTime()))) };
}

function after(at: Date, ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(at.getTime() + ms);
}

interface UnderWay {
  at: Date;
  newest: number | null;
  limit: number | null;
  /** null, like what follows: nothing is under way. */
  ticket: number | null;
  project_id: string;
  owner: string;
  license_id: string | null;
  picked_up: Date | null;
  waits: boolean;
}

/** With the moment, the last ticket and the limit in each row; in flight first, in the order of their turns. */
function startsAhead(db: Queryable): Promise<UnderWay[]> {
  return db.query<UnderWay>(
    `SELECT now.*, starts.* FROM (SELECT ${NOW} AS at, (SELECT max(ticket) FROM project_starts) AS newest,
       (SELECT (value ->> 'limit')::float8 FROM cluster_facts WHERE name = 'queue') AS limit) AS now
     LEFT JOIN (
       SELECT ticket, project_id, coalesce(owner_id, project_id) AS owner, license_id, picked_up, applied IS NULL AND reason = 'queued' AS waits
       FROM project_starts WHERE outcome IS NULL AND reason IS DISTINCT FROM 'no_room' AND (picked_up IS NOT NULL OR reason = 'queued')
     ) AS starts ON true ORDER BY picked_up NULLS LAST, ticket`,
    [],
    "startsAhead",
  );
}

async function situationOf(db: Queryable): Promise<Situation> {
  const [rows, samples] = await Promise.all([startsAhead(db), latestSamples(db)]);
  const { at = new Date(), newest, limit: told } = rows[0] ?? {};
  const starts = rows.flatMap(({ ticket, project_id: projectId, license_id: license, ...rest }) =>
    ticket === null ? [] : [{ ...rest, ticket, projectId, license }],
  );
  const inFlight = starts.flatMap((one) =>
    one.waits || one.picked_up === null ? [] : [{ ...one, ageMs: at.getTime() - one.picked_up.getTime() }],
  );
  const waiting = starts.filter(({ waits }) => waits);
  const limit = told ?? Math.max(1, inFlight.length); // untold: nobody would wait if there were room for more
  const ages = inFlight.map(({ ageMs }) => ageMs);
  const flight = durationsFrom(samples, { phase: "picked_up", inFlight: limit, underWay: ages });
  return { at, outlooks: outlooks({ limit, inFlight, waiting }, flight), flight, samples, ages, newest: newest ?? 0 };
}
