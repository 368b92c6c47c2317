import { expect, test } from "@jest/globals";
import { BEGIN_MS, PLACED_MS, sampleOf, simulate, type Told } from "../../../test/helpers/simulated-class.ts";
import { situationAt } from "./forecast.ts";

const wish = { presses: 250, withinMs: 30_000, limit: 60 };

/** Of what was told at all, the share that was right within a factor of two. */
function shareRight(told: readonly Told[]): number {
  const ratios = told.flatMap(({ toldMs, readyMs }) => (toldMs === undefined ? [] : [toldMs / readyMs]));
  return ratios.filter((ratio) => ratio >= 0.5 && ratio <= 2).length / ratios.length;
}

/** A few starts on each node, one at a time, some minutes before. */
function rehearsed(nodesMs: readonly number[]) {
  return Array.from({ length: 2 * nodesMs.length }, (_, index) => {
    const node = index % nodesMs.length;
    return sampleOf({
      ms: nodesMs[node] ?? 0,
      endedMs: BEGIN_MS - 120_000 - index,
      node: `node ${node}`,
      in_flight: 1,
    });
  });
}

test("a class is told at the press, or once a start that need not wait has its node, when it will be ready: right within a factor of two for nine of ten, also when half the nodes are slow", () => {
  for (const nodesMs of [
    [4_000, 4_000],
    [4_000, 12_000, 4_000, 12_000],
  ]) {
    const told = simulate({ ...wish, nodesMs, history: rehearsed(nodesMs) });
    expect(told.filter(({ places, toldAtMs }) => !(toldAtMs <= (places.length > 0 ? 0 : PLACED_MS)))).toEqual([]);
    expect(shareRight(told)).toBeGreaterThanOrEqual(0.9);
  }
});

test("where nothing is known yet it is learned of the first starts of the very wave", () => {
  const told = simulate({ ...wish, nodesMs: [4_000, 12_000, 4_000, 12_000] });
  const silent = told.findIndex(({ toldMs }) => toldMs !== undefined);
  expect(silent).toBeGreaterThan(0);
  expect(silent).toBeLessThan(wish.presses / 4);
  expect(shareRight(told)).toBeGreaterThanOrEqual(0.8);
});

test("of nodes that differ by more, each start is told what its node takes, as soon as it has one", () => {
  const nodesMs = [3_000, 30_000];
  const told = simulate({ ...wish, presses: 20, nodesMs, history: rehearsed(nodesMs) });
  expect(shareRight(told)).toBeGreaterThanOrEqual(0.9);
});

test("who waits behind starts that hang was told to wait for their ends, though they give their turns back much sooner", () => {
  const at = new Date(BEGIN_MS);
  const ago = (ms: number) => new Date(BEGIN_MS - ms);
  const phases = { applied: null, scheduled: null, pulled: null, ready: null, node: null, in_flight: 1 };
  const underWay = (ticket: number, rest: { picked_up: Date | null; started: Date | null }) => {
    return { ...phases, ...rest, ticket, projectId: `p${ticket}`, owner: `o${ticket}`, license: null };
  };
  const slow = { ...phases, picked_up: ago(180_000), started: ago(170_000), ready: at };
  const waitOf = (startedMs: number) => {
    const waiting = { ...underWay(2, { picked_up: null, started: null }), outcome: null, reason: "queued" };
    const hanging = underWay(1, { picked_up: ago(startedMs + 10_000), started: ago(startedMs) });
    const moment = { at, newest: 2, limit: 1, underWay: [hanging, waiting], samples: [slow] };
    return situationAt(moment).outlooks.get(2)?.waitMs;
  };
  expect([waitOf(5_000), waitOf(19_000), waitOf(25_000)]).toEqual([15_000, 1_000, 0]);
});
