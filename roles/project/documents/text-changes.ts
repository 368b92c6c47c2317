/** The difference of two texts, and the merging of two changes of one text. Pure; positions count UTF-16 units. */

import diff from "fast-diff";

/** Replaces `remove` units at `at` (a position in the old text) by `insert`. A list of them is in order and does not overlap. */
export interface Change {
  at: number;
  remove: number;
  insert: string;
}

/** Texts up to this length together are compared by characters; longer ones by lines first. */
const CHARACTERS = 6_000;
/** Lines that may differ before two texts count as wholly different. */
const MAX_LINE_EDITS = 1_000;

export function applyChanges(text: string, changes: readonly Change[]): string {
  let result = "";
  let from = 0;
  for (const { at, remove, insert } of changes) {
    result += text.slice(from, at) + insert;
    from = at + remove;
  }
  return result + text.slice(from);
}

/** What leads from one text to another; never cuts a surrogate pair in two. */
export function changesBetween(from: string, to: string): Change[] {
  if (from === to) return [];
  const start = commonStart(from, to);
  const end = commonEnd(from, to, start);
  const a = from.slice(start, from.length - end);
  const b = to.slice(start, to.length - end);
  const whole = [{ at: start, remove: a.length, insert: b }];
  if (a === "" || b === "") return whole;
  const fine = a.length + b.length <= CHARACTERS ? byCharacters(a, b, start) : byLines(a, b, start);
  return fine.some((change) => cutsPair(from, change)) ? whole : fine;
}

function commonStart(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length > 0 && isHigh(a.charCodeAt(length - 1)) ? length - 1 : length;
}

function commonEnd(a: string, b: string, start: number): number {
  const most = Math.min(a.length, b.length) - start;
  let length = 0;
  while (length < most && a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length)) length++;
  return length > 0 && isLow(a.charCodeAt(a.length - length)) ? length - 1 : length;
}

const isHigh = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;

function cutsPair(text: string, { at, remove, insert }: Change): boolean {
  const end = at + remove;
  const cuts = (position: number) => isHigh(text.charCodeAt(position - 1)) && isLow(text.charCodeAt(position));
  return cuts(at) || cuts(end) || isLow(insert.charCodeAt(0)) || isHigh(insert.charCodeAt(insert.length - 1));
}

function byCharacters(a: string, b: string, offset: number): Change[] {
  const changes: Change[] = [];
  let at = offset;
  let open: Change | undefined;
  for (const [kind, text] of diff(a, b)) {
    if (kind === diff.EQUAL) {
      at += text.length;
      open = undefined;
      continue;
    }
    if (open === undefined) {
      open = { at, remove: 0, insert: "" };
      changes.push(open);
    }
    if (kind === diff.INSERT) open.insert += text;
    else {
      open.remove += text.length;
      at += text.length;
    }
  }
  return changes;
}

function byLines(a: string, b: string, offset: number): Change[] {
  const ids = new Map<string, number>();
  const idOf = (line: string) => {
    const id = ids.get(line) ?? ids.size;
    ids.set(line, id);
    return id;
  };
  const [linesA, linesB] = [linesOf(a), linesOf(b)];
  const runs = equalRuns(linesA.map(idOf), linesB.map(idOf));
  if (runs === undefined) return [{ at: offset, remove: a.length, insert: b }];
  const [startsA, startsB] = [startsOf(linesA), startsOf(linesB)];
  const changes: Change[] = [];
  let [fromA, fromB] = [0, 0];
  for (const { a: lineA, b: lineB, length } of [...runs, { a: linesA.length, b: linesB.length, length: 0 }]) {
    const [endA, endB] = [startsA[lineA] ?? a.length, startsB[lineB] ?? b.length];
    const [partA, partB] = [a.slice(fromA, endA), b.slice(fromB, endB)];
    if (partA !== partB) changes.push(...part(partA, partB, offset + fromA));
    [fromA, fromB] = [startsA[lineA + length] ?? a.length, startsB[lineB + length] ?? b.length];
  }
  return changes;
}

function part(a: string, b: string, offset: number): Change[] {
  return a.length + b.length <= CHARACTERS ? byCharacters(a, b, offset) : [{ at: offset, remove: a.length, insert: b }];
}

/** Lines with their ends. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function startsOf(lines: readonly string[]): number[] {
  const starts = [0];
  for (const line of lines) starts.push((starts.at(-1) ?? 0) + line.length);
  return starts;
}

interface Run {
  a: number;
  b: number;
  length: number;
}

/** Myers' greedy algorithm: the runs of equal items in order, or nothing when too much differs. */
function equalRuns(a: readonly number[], b: readonly number[]): Run[] | undefined {
  const trace: Int32Array[] = [];
  const center = MAX_LINE_EDITS + 1;
  const furthest = new Int32Array(2 * center + 1);
  for (let edits = 0; edits <= MAX_LINE_EDITS; edits++) {
    trace.push(furthest.slice(center - edits - 1, center + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && at(furthest, center + k - 1) < at(furthest, center + k + 1));
      let x = down ? at(furthest, center + k + 1) : at(furthest, center + k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      furthest[center + k] = x;
      if (x >= a.length && x - k >= b.length) return wayBack(trace, { x: a.length, y: b.length });
    }
  }
  return undefined;
}

function at(array: Int32Array, index: number): number {
  return array[index] ?? 0;
}

function wayBack(trace: readonly Int32Array[], end: { x: number; y: number }): Run[] {
  const runs: Run[] = [];
  let { x, y } = end;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const before = trace[edits] as Int32Array; // the loop's bounds
    const center = edits + 1;
    const k = x - y;
    const down = k === -edits || (k !== edits && at(before, center + k - 1) < at(before, center + k + 1));
    const fromK = down ? k + 1 : k - 1;
    const fromX = edits === 0 ? 0 : at(before, center + fromK);
    const fromY = edits === 0 ? 0 : fromX - fromK;
    const startX = edits === 0 ? 0 : down ? fromX : fromX + 1;
    if (x > startX) runs.push({ a: startX, b: y - (x - startX), length: x - startX });
    [x, y] = [fromX, fromY];
  }
  return runs.reverse();
}

/**
 * The changes to `ours` that bring in what leads from `base` to `theirs`. What both did alike is taken once; what either
 * inserted stays, also in what the other deleted.
 */
export function mergeChanges(base: string, ours: string, theirs: string): Change[] {
  if (theirs === base || ours === theirs) return [];
  if (ours === base) return changesBetween(base, theirs);
  const merge = new Merge(base, changesBetween(base, ours), changesBetween(base, theirs));
  return merge.run();
}

/** Walks the base once, with both lists of changes. */
class Merge {
  readonly #length: number;
  readonly #ours: Change[];
  readonly #theirs: Change[];
  readonly #result: Change[] = [];
  /** Position in the base, and the one of it in our text. */
  #base = 0;
  #here = 0;

  constructor(base: string, ours: Change[], theirs: Change[]) {
    this.#length = base.length;
    this.#ours = ours;
    this.#theirs = theirs;
  }

  run(): Change[] {
    let ourDelete = 0;
    let theirDelete = 0;
    for (;;) {
      const our = this.#take(this.#ours);
      const their = this.#take(this.#theirs);
      this.#insertBoth(our?.insert ?? "", their?.insert ?? "");
      ourDelete += our?.remove ?? 0;
      theirDelete += their?.remove ?? 0;
      if (this.#base >= this.#length) return this.#result;
      const next = Math.min(this.#ours[0]?.at ?? this.#length, this.#theirs[0]?.at ?? this.#length, this.#length);
      const stops = [next - this.#base, ourDelete, theirDelete].filter((length) => length > 0);
      const step = Math.min(...stops);
      if (ourDelete === 0 && theirDelete > 0) this.#add({ at: this.#here, remove: step, insert: "" });
      if (ourDelete === 0) this.#here += step;
      this.#base += step;
      ourDelete = Math.max(0, ourDelete - step);
      theirDelete = Math.max(0, theirDelete - step);
    }
  }

  /** The change that begins here. */
  #take(changes: Change[]): Change | undefined {
    return changes[0]?.at === this.#base ? changes.shift() : undefined;
  }

  /** Ours is there already; theirs is put after it, but for a beginning that both have. */
  #insertBoth(our: string, their: string): void {
    const shared = commonStart(our, their);
    this.#here += our.length;
    if (their.length > shared) this.#add({ at: this.#here, remove: 0, insert: their.slice(shared) });
  }

  #add(change: Change): void {
    const last = this.#result.at(-1);
    if (last !== undefined && last.at + last.remove === change.at) {
      last.remove += change.remove;
      last.insert += change.insert;
    } else this.#result.push({ ...change });
  }
}
