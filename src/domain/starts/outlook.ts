/** What lies before those who wait for their turn: their places, and how long they will wait. Pure: it lets the starts that are known end one by one. */

import { SortedHeap } from "../../core/sorted-heap.ts";
import { type Durations, durationAt, remaining } from "./durations.ts";
import { mostOfOneParty } from "./turn-bounds.ts";
import { type Party, TurnOrder, type WaitingStart } from "./turn-order.ts";

export interface Queue {
  limit: number;
  /** Starts in flight, in the order in which they had their turns; `ageMs`: since when. */
  inFlight: readonly (Party & { ageMs: number })[];
  waiting: readonly WaitingStart[];
}

export interface Outlook {
  /** 1 is next. */
  position: number;
  waitMs: number;
}

/** So that they end in their order. */
const UNKNOWN: Durations = [{ ms: 3_600_000, weight: 1 }];

/** By ticket, for all who wait; `durations`: how long a start has its turn. Where that is not known, places alone mean something. */
export function outlooks({ limit, inFlight, waiting }: Queue, durations: Durations): Map<number, Outlook> {
  const typical = durations.length > 0 ? durations : UNKNOWN;
  const order = new TurnOrder();
  const flying = new SortedHeap<Party & { endMs: number }>((a, b) => a.endMs < b.endMs);
  const begin = (party: Party, endMs: number) => {
    order.begin(party);
    flying.add({ owner: party.owner, license: party.license, endMs });
  };
  for (const start of waiting) order.add(start);
  inFlight.forEach(({ ageMs, ...party }, index) => {
    begin(party, durationAt(remaining(typical, ageMs), spread(index)));
  });
  const found = new Map<number, Outlook>();
  const most = Math.max(1, limit);
  let nowMs = 0;
  for (let { next } = order; next !== undefined; next = order.next) {
    const { first } = flying;
    if (first !== undefined && (flying.size >= most || order.loadOf(next) >= mostOfOneParty(most))) {
      flying.remove(first);
      order.end(first);
      nowMs = Math.max(nowMs, first.endMs);
      continue;
    }
    found.set(next.ticket, { position: found.size + 1, waitMs: nowMs });
    order.remove(next.projectId);
    begin(next, nowMs + durationAt(typical, spread(inFlight.length + found.size)));
  }
  return found;
}

/** Shares that are spread evenly, however many of them are taken: multiples of the golden ratio, without their whole parts, from the middle on. */
function spread(index: number): number {
  return (0.5 + index * 0.6180339887498949) % 1;
}
