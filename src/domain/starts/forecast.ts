/** When a start will be ready, and its place until then, from how all stood at one moment. Pure; what a start waits for decides what can be told. */

import { type Durations, likeliest, remaining, shareWithin } from "./durations.ts";
import { type Outlook, outlooks } from "./outlook.ts";
import { type Alike, durationsFrom, type Sample, TIMED_PHASES } from "./samples.ts";
import { RUNNING_MS } from "./turn-bounds.ts";
import type { WaitingStart } from "./turn-order.ts";

/** What of a start under way decides how far it is. */
export type Progress = Omit<Sample, "ready"> & { ticket: number; outcome: string | null; reason: string | null };

export interface Forecast {
  /** 1 is next; null: it does not wait for its turn. */
  position: number | null;
  expected: Date | null;
}

/** A start that waits for its turn, or (`picked_up`) has had it. */
export type UnderWay = WaitingStart & Sample;

export interface Moment {
  at: Date;
  /** The last ticket that was given by then. */
  newest: number;
  /** How many may be in flight; null: not told. */
  limit: number | null;
  /** In flight first, in the order of their turns. */
  underWay: readonly UnderWay[];
  /** The latest first. */
  samples: readonly Sample[];
}

/** What follows from a moment for everybody. */
export interface Situation {
  at: Date;
  newest: number;
  outlooks: ReadonlyMap<number, Outlook>;
  /** How long those who wait will take from their turn on. */
  flight: Durations;
  /** How many have their turns. */
  inFlight: number;
  /** How long a start takes from its phase on. */
  durations: (alike: Alike) => Durations;
}

/** While it waits for one of these, nobody can tell when that comes. */
const HOPEFUL: readonly (string | null)[] = [null, "queued", "image_pulling"];
/** Nothing is told of a start that has its turn but no node yet, where fewer than so many would be told right: in a moment its node says more. */
const ENOUGH_RIGHT = 0.95;
export const NO_FORECAST: Forecast = { position: null, expected: null };

/** Is there anything to tell of it? */
export function isHopeful({ outcome, reason }: Pick<Progress, "outcome" | "reason">): boolean {
  return outcome === null && HOPEFUL.includes(reason);
}

export function situationAt({ at, newest, underWay, samples, ...told }: Moment): Situation {
  const inFlight = underWay.flatMap((one) =>
    one.picked_up === null ? [] : [{ ...one, ageMs: at.getTime() - one.picked_up.getTime() }],
  );
  const waiting = underWay.filter(({ picked_up }) => picked_up === null);
  const held = inFlight.filter((one) => untilEndOfTurn(one, at).ready === null);
  const limit = told.limit ?? Math.max(1, held.length); // untold: nobody would wait if there were room for more
  const durations = remembered((alike) => durationsFrom([...samples, ...inFlight], alike, at));
  const queued: Alike = { phase: "picked_up", inFlight: limit, node: null };
  const ofTurns = [...samples, ...inFlight].map((one) => untilEndOfTurn(one, at));
  return {
    ...{ at, newest, durations, inFlight: held.length },
    flight: durations(queued),
    outlooks: outlooks({ limit, inFlight: held, waiting }, durationsFrom(ofTurns, queued, at)),
  };
}

/** A start as far as its turn goes: one that takes long although its container runs has given it back before it is ready. */
function untilEndOfTurn(start: Sample, at: Date): Sample {
  const endMs = (start.started ?? at).getTime() + RUNNING_MS;
  return (start.ready ?? at).getTime() < endMs ? start : { ...start, ready: new Date(endMs) };
}

/** Hundreds on the same few nodes ask the same. */
function remembered(find: (alike: Alike) => Durations): (alike: Alike) => Durations {
  const found = new Map<string, Durations>();
  return (alike) => {
    const key = `${alike.phase} ${Math.round(Math.log2(Math.max(1, alike.inFlight)))} ${alike.node ?? ""}`;
    const durations = found.get(key) ?? find(alike);
    found.set(key, durations);
    return durations;
  };
}

export function forecast(start: Progress, situation: Situation): Forecast {
  const { at, flight, outlooks: queue } = situation;
  const queued = queue.get(start.ticket);
  if (queued !== undefined) {
    const all = flight.map(({ ms, weight }) => ({ ms: queued.waitMs + ms, weight }));
    return { position: queued.position, expected: after(at, likeliest(all)) };
  }
  const phase = TIMED_PHASES.find((one) => start[one] !== null);
  const since = phase && start[phase];
  if (!phase || !since) return NO_FORECAST;
  const alike = { phase, inFlight: start.in_flight ?? situation.inFlight, node: start.node };
  const left = remaining(situation.durations(alike), at.getTime() - since.getTime());
  const ms = likeliest(left);
  const isVague = start.node === null && ms !== undefined && shareWithin(left, ms) < ENOUGH_RIGHT;
  return { position: null, expected: isVague ? null : after(at, ms) };
}

function after(at: Date, ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(at.getTime() + ms);
}
