/** Whose turn it is to start: the one order by which manage-action gives turns and hubs tell places in the queue. It knows no limit. */

import { SortedHeap } from "../../core/sorted-heap.ts";

/** For whom a start counts: its owner (the account that asked for it), and the licence that it runs on, if any. */
export interface Party {
  owner: string;
  license: string | null;
}

/** A start that waits for its turn. */
export interface WaitingStart extends Party {
  projectId: string;
  ticket: number;
}

/** Of an owner or a licence: how many starts are in flight, and the number of the last turn; kept while there is any, or anybody waits. */
interface Load {
  held: number;
  lastTurn: number;
}

/** The starts of one owner on one licence that wait, oldest first. */
interface Line {
  owner: string;
  lane: Lane;
  starts: SortedHeap<WaitingStart>;
}

/** All lines of one licence, or of starts without one. */
interface Lane {
  license: string | null;
  lines: SortedHeap<Line>;
}

const NOTHING: Load = { held: 0, lastTurn: 0 };

/**
 * The next is the start whose larger load is smallest: that of its owner or of its licence, in starts in flight. So neither somebody with many
 * projects nor a class on one licence holds up anybody else. Between equals the owner with the smaller load comes first, then whose licence
 * (whose owner, where there is none) had its last turn longer ago, then whose owner had, then the older ticket. Each act costs the logarithm of
 * how many wait.
 */
export class TurnOrder {
  readonly #owners = new Map<string, Load>();
  readonly #licenses = new Map<string, Load>();
  readonly #waiting = new Map<string, { start: WaitingStart; line: Line }>();
  readonly #lanes = new Map<string | null, Lane>();
  /** Of each owner who waits, one line for each licence. */
  readonly #lines = new Map<string, Map<string | null, Line>>();
  readonly #order = new SortedHeap<Lane>((a, b) => isLess(this.#keyOfLane(a), this.#keyOfLane(b)));
  #turns = 0;

  get size(): number {
    return this.#waiting.size;
  }

  has(projectId: string): boolean {
    return this.#waiting.has(projectId);
  }

  get next(): WaitingStart | undefined {
    return this.#order.first?.lines.first?.starts.first;
  }

  /** Puts a start into the queue; one that is there stays where it is. */
  add(start: WaitingStart): void {
    if (this.has(start.projectId)) return;
    const line = this.#lineOf(start);
    line.starts.add(start);
    this.#waiting.set(start.projectId, { start, line });
    this.#place(line);
  }

  remove(projectId: string): void {
    const found = this.#waiting.get(projectId);
    if (found === undefined) return;
    this.#waiting.delete(projectId);
    found.line.starts.remove(found.start);
    this.#place(found.line);
    if (this.#waiting.size === 0) for (const loads of [this.#owners, this.#licenses]) forgetIdle(loads);
  }

  /** How many starts are in flight of the owner or on the licence, whichever are more. */
  loadOf({ owner, license }: Party): number {
    const ofLicense = license === null ? NOTHING : (this.#licenses.get(license) ?? NOTHING);
    return Math.max((this.#owners.get(owner) ?? NOTHING).held, ofLicense.held);
  }

  /** A start of this party has its turn. */
  begin(party: Party): void {
    this.#turns += 1;
    this.#count(party, 1);
  }

  /** A start of this party is in flight no more. */
  end(party: Party): void {
    this.#count(party, -1);
  }

  #count({ owner, license }: Party, by: 1 | -1): void {
    this.#add(this.#owners, owner, by);
    if (license !== null) this.#add(this.#licenses, license, by);
    for (const line of this.#lines.get(owner)?.values() ?? []) this.#place(line);
    const lane = license === null ? undefined : this.#lanes.get(license);
    if (lane !== undefined) this.#order.moved(lane);
  }

  #add(loads: Map<string, Load>, key: string, by: 1 | -1): void {
    const { held, lastTurn } = loads.get(key) ?? NOTHING;
    const load = { held: held + by, lastTurn: by === 1 ? this.#turns : lastTurn };
    if (load.held > 0 || this.#waiting.size > 0) loads.set(key, load);
    else loads.delete(key);
  }

  #lineOf({ owner, license }: Party): Line {
    const lines = this.#lines.get(owner) ?? new Map<string | null, Line>();
    const line = lines.get(license) ?? {
      owner,
      lane: this.#laneOf(license),
      starts: new SortedHeap<WaitingStart>((a, b) => a.ticket < b.ticket),
    };
    this.#lines.set(owner, lines.set(license, line));
    return line;
  }

  #laneOf(license: string | null): Lane {
    const lane = this.#lanes.get(license) ?? {
      license,
      lines: new SortedHeap<Line>((a, b) => isLess(this.#keyOfLine(a), this.#keyOfLine(b))),
    };
    this.#lanes.set(license, lane);
    return lane;
  }

  /** Brings a line, and its lane, to where they stand by now. */
  #place(line: Line): void {
    const { owner, lane, starts } = line;
    keepIn(lane.lines, line, starts.size > 0);
    keepIn(this.#order, lane, lane.lines.size > 0);
    if (lane.lines.size === 0) this.#lanes.delete(lane.license);
    if (starts.size > 0) return;
    const lines = this.#lines.get(owner);
    lines?.delete(lane.license);
    if (lines?.size === 0) this.#lines.delete(owner);
  }

  #keyOfLine({ owner, starts }: Line): number[] {
    const { held, lastTurn } = this.#owners.get(owner) ?? NOTHING;
    return [held, lastTurn, starts.first?.ticket ?? 0];
  }

  /**
   * Where the lane's first line stands among the first lines of all lanes, by the rule above. A lane can be placed by that line alone: in one lane
   * the licence's load and last turn are the same for all, and what is left of the rule is the order of its lines.
   */
  #keyOfLane({ license, lines }: Lane): number[] {
    const line = lines.first;
    if (line === undefined) return [];
    const [ownerHeld = 0, ownerLast = 0, ticket = 0] = this.#keyOfLine(line);
    if (license === null) return [ownerHeld, ownerHeld, ownerLast, ownerLast, ticket];
    const { held, lastTurn } = this.#licenses.get(license) ?? NOTHING;
    return [Math.max(ownerHeld, held), ownerHeld, lastTurn, ownerLast, ticket];
  }
}

function keepIn<T>(heap: SortedHeap<T>, item: T, isWanted: boolean): void {
  if (!isWanted) heap.remove(item);
  else if (heap.has(item)) heap.moved(item);
  else heap.add(item);
}

function isLess(a: number[], b: number[]): boolean {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0);
}

function forgetIdle(loads: Map<string, Load>): void {
  for (const [key, { held }] of loads) if (held === 0) loads.delete(key);
}
