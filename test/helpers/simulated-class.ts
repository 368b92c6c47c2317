/** Starts in simulated time: turns as manage-action gives them, nodes of any speed, and what each person is told, by what could be known at that moment. */

import { SortedHeap } from "../../src/core/sorted-heap.ts";
import {
  type Forecast,
  forecast,
  type Progress,
  situationAt,
  type UnderWay,
} from "../../src/domain/starts/forecast.ts";
import type { Sample } from "../../src/domain/starts/samples.ts";
import { Turns } from "../../src/domain/starts/turns.ts";

export interface SimulatedClass {
  presses: number;
  /** Within so long, evenly. */
  withinMs: number;
  limit: number;
  /** One for each node, which takes every so-manieth start: how long a start takes there. */
  nodesMs: readonly number[];
  /** Starts before, the latest first. */
  history?: readonly Sample[];
}

/** What came of one press: what was told first, when that was, and when it was ready, in ms from the press on, and its places. */
export interface Told {
  toldMs: number | undefined;
  toldAtMs: number;
  readyMs: number;
  places: number[];
}

/** The moment of the first press. */
export const BEGIN_MS = 1e12;
/** From a turn to a node. */
export const PLACED_MS = 200;
const LICENSE = "class";
/** How far a start may be from what its node takes. */
const JITTER = 0.1;

type Row = UnderWay & Progress & { pressedMs: number; told: Told };

export function simulate(wish: SimulatedClass): Told[] {
  return new Simulation(wish).run();
}

export function sampleOf({ ms, endedMs, ...rest }: { ms: number; endedMs: number; node: string; in_flight: number }) {
  const placed = new Date(endedMs - ms + PLACED_MS);
  const phases = { picked_up: new Date(endedMs - ms), applied: placed, scheduled: placed, pulled: null, started: null };
  return { ...phases, ready: new Date(endedMs), ...rest } satisfies Sample;
}

class Simulation {
  readonly #wish: SimulatedClass;
  readonly #turns: Turns;
  readonly #underWay = new Map<string, Row>();
  readonly #happenings = new SortedHeap<{ atMs: number; act: () => void }>((a, b) => a.atMs < b.atMs);
  readonly #told: Told[] = [];
  #samples: Sample[];
  #placed = 0;
  #nowMs = BEGIN_MS;

  constructor(wish: SimulatedClass) {
    this.#wish = wish;
    this.#turns = new Turns(wish.limit);
    this.#samples = [...(wish.history ?? [])];
  }

  run(): Told[] {
    const { presses, withinMs } = this.#wish;
    for (let ticket = 0; ticket < presses; ticket += 1)
      this.#in((ticket * withinMs) / presses, () => this.#press(ticket));
    for (let next = this.#happenings.first; next !== undefined; next = this.#happenings.first) {
      this.#happenings.remove(next);
      this.#nowMs = next.atMs;
      next.act();
    }
    return this.#told;
  }

  #in(ms: number, act: () => void): void {
    this.#happenings.add({ atMs: this.#nowMs + ms, act });
  }

  #press(ticket: number): void {
    const [projectId, owner, license] = [`project ${ticket}`, `owner ${ticket}`, LICENSE];
    const none = { picked_up: null, applied: null, scheduled: null, pulled: null, started: null, ready: null };
    const told = { toldMs: undefined, toldAtMs: Number.NaN, readyMs: Number.NaN, places: [] };
    const row = {
      projectId,
      owner,
      license,
      ticket,
      ...none,
      node: null,
      in_flight: null,
      outcome: null,
      reason: "queued",
    };
    this.#underWay.set(projectId, { ...row, pressedMs: this.#nowMs, told });
    this.#told.push(told);
    if (this.#turns.take(projectId, { owner, license })) this.#begin(projectId);
    else this.#turns.wait(projectId, { owner, license, ticket });
    this.#look(projectId);
  }

  #begin(projectId: string): void {
    const row = this.#underWay.get(projectId);
    if (row === undefined) return;
    Object.assign(row, { picked_up: new Date(this.#nowMs), in_flight: this.#turns.held, reason: null });
    this.#in(PLACED_MS, () => this.#place(row));
  }

  #place(row: Row): void {
    const index = this.#placed % this.#wish.nodesMs.length;
    this.#placed += 1;
    Object.assign(row, { applied: new Date(this.#nowMs), scheduled: new Date(this.#nowMs), node: `node ${index}` });
    if (row.told.toldMs === undefined) this.#look(row.projectId);
    this.#in((this.#wish.nodesMs[index] ?? 0) * (1 + JITTER * Math.sin(12.9898 * row.ticket)), () => this.#end(row));
  }

  #end(row: Row): void {
    row.told.readyMs = this.#nowMs - row.pressedMs;
    this.#underWay.delete(row.projectId);
    this.#samples = [{ ...row, ready: new Date(this.#nowMs) }, ...this.#samples].slice(0, 400);
    this.#turns.release(row.projectId);
    for (const next of this.#turns.grant()) this.#begin(next);
  }

  #look(projectId: string): void {
    const row = this.#underWay.get(projectId);
    if (row === undefined) return;
    const { expected, position } = this.#forecast(row);
    if (expected !== null && row.told.toldMs === undefined) {
      Object.assign(row.told, { toldMs: expected.getTime() - row.pressedMs, toldAtMs: this.#nowMs - row.pressedMs });
    }
    if (position !== null) row.told.places.push(position);
  }

  #forecast(row: Row): Forecast {
    const inTurn = ({ picked_up, ticket }: Row) => picked_up?.getTime() ?? 2 * BEGIN_MS + ticket;
    const underWay = [...this.#underWay.values()].sort((a, b) => inTurn(a) - inTurn(b));
    const at = new Date(this.#nowMs);
    const { limit } = this.#wish;
    return forecast(row, situationAt({ at, newest: row.ticket, limit, underWay, samples: this.#samples }));
  }
}
