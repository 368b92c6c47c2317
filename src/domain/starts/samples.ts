/** How long starts take from each phase until they are ready, by the latest ones: what expected times are made from. */

import type { Queryable } from "../../db/db.ts";
import { type Durations, durationsOf } from "./durations.ts";

/** Phases from which on it is told how long the rest takes, the last first. */
export const TIMED_PHASES = ["started", "pulled", "scheduled", "applied", "picked_up"] as const;
export type TimedPhase = (typeof TIMED_PHASES)[number];

/** A start that became ready, or (`ready` null) has not yet; `in_flight`: how many were, when its turn came. */
export type Sample = Record<TimedPhase, Date | null> & {
  node: string | null;
  in_flight: number | null;
  ready: Date | null;
};

/** What one wants to know the rest of: a start in this phase, with so many in flight, on this node if it has one. */
export interface Alike {
  phase: TimedPhase;
  inFlight: number;
  node: string | null;
}

const LATEST = 400;
/** Of one owner: else somebody with a few slow projects decides what all are told. */
const LATEST_OF_ONE = 20;
/** Among so many they are looked for. */
const LOOKED_AT = 4_000;
/** Before that, nodes and the images that they had may have been others. */
const RECENT_MS = 10 * 60_000;
const EARLIER = 2;
/** One node has few samples among those of a hundred, and tells by far the most of itself: it may be slow. */
const OTHER_NODE = 4;

/** Those that became ready, the latest first; of each owner a few. */
export function latestSamples(db: Queryable): Promise<Sample[]> {
  return db.query<Sample>(
    `SELECT in_flight, node, picked_up, applied, scheduled, pulled, started, ready FROM (
       SELECT *, row_number() OVER (PARTITION BY coalesce(owner_id, project_id) ORDER BY ended DESC) AS nth FROM (
         SELECT * FROM project_starts WHERE outcome = 'running' AND ready IS NOT NULL ORDER BY ended DESC LIMIT ${LOOKED_AT}) AS latest
     ) AS numbered WHERE nth <= ${LATEST_OF_ONE} ORDER BY ended DESC LIMIT ${LATEST}`,
    [],
    "latestSamples",
  );
}

/**
 * How long starts take from a phase on. Each sample counts, the less the farther it is: a quarter for each time that twice or half as many were in
 * flight (within a factor of two none is nearer than another), for an earlier time, and much less for another node. None is left out: in the
 * first moments of a wave those that end are the quick ones, and only older samples know how long the slow ones may take.
 */
export function durationsFrom(samples: readonly Sample[], { phase, inFlight, node }: Alike, at: Date): Durations {
  const spans = samples.flatMap((sample) => {
    const since = sample[phase];
    if (since === null) return [];
    const until = sample.ready ?? at;
    const apart =
      Math.floor(Math.abs(Math.log2(Math.max(1, sample.in_flight ?? 1) / Math.max(1, inFlight)))) +
      (at.getTime() - until.getTime() > RECENT_MS ? EARLIER : 0) +
      (node !== null && sample.node !== node ? OTHER_NODE : 0);
    const ms = Math.max(0, until.getTime() - since.getTime());
    return [{ ms, weight: 4 ** -apart, isOver: sample.ready !== null }];
  });
  return durationsOf(spans);
}
