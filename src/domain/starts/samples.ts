/** How long the latest starts took, from each phase until they were ready: what expected times are made from. */

import type { Queryable } from "../../db/db.ts";
import { type Durations, durationsOf } from "./durations.ts";

/** Phases from which on it is told how long the rest takes, the last first. */
export const TIMED_PHASES = ["started", "pulled", "scheduled", "applied", "picked_up"] as const;
export type TimedPhase = (typeof TIMED_PHASES)[number];

/** A start that became ready; `in_flight`: how many were, when its turn came. */
export type Sample = Record<TimedPhase, Date | null> & { in_flight: number | null; ready: Date };

const LATEST = 400;
/** Of those that are about as near, so many are taken; of farther ones only as long as there are not enough. */
const MOST = 100;
const ENOUGH = 20;

/** The latest first. */
export function latestSamples(db: Queryable): Promise<Sample[]> {
  return db.query<Sample>(
    `SELECT in_flight, picked_up, applied, scheduled, pulled, started, ready FROM project_starts
     WHERE outcome = 'running' AND ready IS NOT NULL ORDER BY ended DESC LIMIT ${LATEST}`,
    [],
    "latestSamples",
  );
}

/**
 * How long starts take from a phase on, by the samples that had about as many in flight (within a factor of two none is nearer than another),
 * the latest of these. `underWay`: for how long others have been under way from there on.
 */
export function durationsFrom(
  samples: readonly Sample[],
  { phase, inFlight, underWay = [] }: { phase: TimedPhase; inFlight: number; underWay?: readonly number[] },
): Durations {
  const byNearness = samples
    .flatMap((sample) => {
      const since = sample[phase];
      if (since === null) return [];
      const apart = Math.floor(Math.abs(Math.log2((sample.in_flight ?? 1) / Math.max(1, inFlight))));
      return [{ ms: Math.max(0, sample.ready.getTime() - since.getTime()), apart }];
    })
    .sort((a, b) => a.apart - b.apart);
  const farthest = byNearness[ENOUGH - 1]?.apart ?? Number.POSITIVE_INFINITY;
  const nearest = byNearness.filter(({ apart }) => apart <= farthest).slice(0, MOST);
  return durationsOf(
    nearest.map(({ ms }) => ms),
    underWay,
  );
}
