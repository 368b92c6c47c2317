/** Who may start now: a bounded number of starts in flight, and the queue of those who wait. In memory; the leader alone has one. */

import { mostOfOneParty } from "./turn-bounds.ts";
import { type Party, TurnOrder, type WaitingStart } from "./turn-order.ts";

interface WaitingTurn extends Party {
  ticket: number;
}

/** A project is absent, waiting, or having its turn. Who is next, `turn-order.ts` says. */
export class Turns {
  #limit: number;
  readonly #order = new TurnOrder();
  readonly #holders = new Map<string, Party>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many starts may be in flight. */
  get limit(): number {
    return this.#limit;
  }

  /** Nobody loses a turn by a lower limit; by a higher one turns become free. */
  set limit(limit: number) {
    this.#limit = limit;
  }

  get held(): number {
    return this.#holders.size;
  }

  get waiting(): number {
    return this.#order.size;
  }

  holds(projectId: string): boolean {
    return this.#holders.has(projectId);
  }

  isWaiting(projectId: string): boolean {
    return this.#order.has(projectId);
  }

  /** Takes a turn if one is free for this party and nobody waits for it. */
  take(projectId: string, party: Party): boolean {
    if (this.holds(projectId)) return true;
    if (!this.#isFreeFor(party) || this.#next !== undefined) return false;
    this.hold(projectId, party);
    return true;
  }

  /** Counts a start as in flight, even beyond the limit: it is so in the cluster. */
  hold(projectId: string, { owner, license }: Party): void {
    this.#order.remove(projectId);
    if (this.holds(projectId)) return;
    const party = { owner, license };
    this.#holders.set(projectId, party);
    this.#order.begin(party);
  }

  /** Puts a start into the queue; one that is there stays where it is. */
  wait(projectId: string, waiting: WaitingTurn): void {
    if (!this.holds(projectId)) this.#order.add({ projectId, ...waiting });
  }

  /** The start is over, was cancelled, or waits for a node: its turn is free. */
  release(projectId: string): void {
    this.#order.remove(projectId);
    const party = this.#holders.get(projectId);
    if (party === undefined) return;
    this.#holders.delete(projectId);
    this.#order.end(party);
  }

  /** Gives free turns to those who are next, and returns their projects. */
  grant(): string[] {
    const granted: string[] = [];
    for (let next = this.#next; next !== undefined; next = this.#next) {
      this.hold(next.projectId, next);
      granted.push(next.projectId);
    }
    return granted;
  }

  /** Who may go now. The first in line is of the party with the smallest load: where that one has all that one may have, so have all who wait. */
  get #next(): WaitingStart | undefined {
    const { next } = this.#order;
    return next !== undefined && this.#isFreeFor(next) ? next : undefined;
  }

  #isFreeFor(party: Party): boolean {
    return this.held < this.#limit && this.#order.loadOf(party) < mostOfOneParty(this.#limit);
  }
}
