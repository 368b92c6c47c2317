/** Who may start now: a bounded number of starts in flight, and a queue that takes turns between owners. In memory; the leader alone has one. */

interface Waiting {
  owner: string;
  ticket: number;
}

/**
 * A project is absent, waiting, or having its turn. The next one is the first in the queue of the owner who has the fewest turns; between equals
 * the owner whose last turn is longest ago, then the older ticket. `queue-positions.ts` computes positions by the same rule, but for last turns.
 */
export class Turns {
  readonly #limit: number;
  readonly #holders = new Map<string, string>();
  readonly #held = new Map<string, number>();
  readonly #waiting = new Map<string, Waiting>();
  /** When each owner last had its turn, as a count; kept while anybody waits. */
  readonly #lastTurn = new Map<string, number>();
  #turns = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get held(): number {
    return this.#holders.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  holds(projectId: string): boolean {
    return this.#holders.has(projectId);
  }

  isWaiting(projectId: string): boolean {
    return this.#waiting.has(projectId);
  }

  /** Takes a turn if one is free and nobody waits for it. */
  take(projectId: string, owner: string): boolean {
    if (this.holds(projectId)) return true;
    if (this.#waiting.size > 0 || this.held >= this.#limit) return false;
    this.hold(projectId, owner);
    return true;
  }

  /** Counts a start as in flight, even beyond the limit: it is so in the cluster. */
  hold(projectId: string, owner: string): void {
    this.#waiting.delete(projectId);
    if (this.holds(projectId)) return;
    this.#holders.set(projectId, owner);
    this.#held.set(owner, (this.#held.get(owner) ?? 0) + 1);
    if (this.#waiting.size === 0) this.#lastTurn.clear();
    this.#lastTurn.set(owner, ++this.#turns);
  }

  /** Puts a start into the queue; one that is there stays where it is. */
  wait(projectId: string, waiting: Waiting): void {
    if (!this.holds(projectId) && !this.#waiting.has(projectId)) this.#waiting.set(projectId, waiting);
  }

  /** The start is over, was cancelled, or waits for a node: its turn is free. */
  release(projectId: string): void {
    this.#waiting.delete(projectId);
    const owner = this.#holders.get(projectId);
    if (owner === undefined) return;
    this.#holders.delete(projectId);
    const left = (this.#held.get(owner) ?? 1) - 1;
    if (left === 0) this.#held.delete(owner);
    else this.#held.set(owner, left);
  }

  /** Gives free turns to those who are next, and returns their projects. */
  grant(): string[] {
    const granted: string[] = [];
    while (this.held < this.#limit) {
      const next = this.#next();
      if (next === undefined) break;
      this.hold(next, this.#waiting.get(next)?.owner ?? "");
      granted.push(next);
    }
    return granted;
  }

  #next(): string | undefined {
    let best: { projectId: string; order: number[] } | undefined;
    for (const [projectId, { owner, ticket }] of this.#waiting) {
      const order = [this.#held.get(owner) ?? 0, this.#lastTurn.get(owner) ?? 0, ticket];
      if (best === undefined || isBefore(order, best.order)) best = { projectId, order };
    }
    return best?.projectId;
  }
}

function isBefore(a: number[], b: number[]): boolean {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0);
}
