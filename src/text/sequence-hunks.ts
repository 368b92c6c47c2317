/** What differs between two sequences of small numbers, found with a bounded amount of work. Pure; knows nothing of text. */

/** Items `[from, to)` of the old sequence became items `[newFrom, newTo)` of the new one. A list of them is in order and they do not touch. */
export interface Hunk {
  from: number;
  to: number;
  newFrom: number;
  newTo: number;
}

/** How much may still be done, in comparisons: what bounds the time, alike on every machine. */
export class Work {
  #left: number;

  constructor(most: number) {
    this.#left = most;
  }

  /** Takes so much of it, if there is as much. */
  spend(amount: number): boolean {
    if (amount > this.#left) return false;
    this.#left -= amount;
    return true;
  }
}

type Items = readonly number[];

/** Edits after which two sequences count as wholly different; the memory needed grows with its square (4 MB). */
const MAX_EDITS = 1_000;

/** The shortest way from one sequence to the other; undefined where that is too much work. */
export function shortestHunks(a: Items, b: Items, work: Work): Hunk[] | undefined {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  if (start === endA && start === endB) return [];
  if (start === endA || start === endB) return [{ from: start, to: endA, newFrom: start, newTo: endB }];
  const runs = equalRuns(a.slice(start, endA), b.slice(start, endB), work);
  return runs && between(runs, endA - start, endB - start).map((hunk) => shifted(hunk, start, start));
}

/**
 * As the shortest way, for long sequences with items that are there only once, such as lines: those are found in both first, and what
 * is between is compared. What would be too much work counts as wholly different.
 */
export function anchoredHunks(a: Items, b: Items, work: Work): Hunk[] {
  const gaps = between(joined(anchors(a, b)), a.length, b.length);
  return gaps.flatMap((gap) => {
    const [oldItems, newItems] = [a.slice(gap.from, gap.to), b.slice(gap.newFrom, gap.newTo)];
    return shortestHunks(oldItems, newItems, work)?.map((hunk) => shifted(hunk, gap.from, gap.newFrom)) ?? [gap];
  });
}

function shifted(hunk: Hunk, by: number, newBy: number): Hunk {
  return { from: hunk.from + by, to: hunk.to + by, newFrom: hunk.newFrom + newBy, newTo: hunk.newTo + newBy };
}

/** So many items, from `a` in the old and from `b` in the new sequence, are alike. */
interface Run {
  a: number;
  b: number;
  length: number;
}

/** What is between the runs that are alike. */
function between(runs: readonly Run[], lengthA: number, lengthB: number): Hunk[] {
  const hunks: Hunk[] = [];
  let [from, newFrom] = [0, 0];
  for (const { a, b, length } of [...runs, { a: lengthA, b: lengthB, length: 0 }]) {
    if (a > from || b > newFrom) hunks.push({ from, to: a, newFrom, newTo: b });
    [from, newFrom] = [a + length, b + length];
  }
  return hunks;
}

function joined(runs: readonly Run[]): Run[] {
  const result: Run[] = [];
  for (const run of runs) {
    const last = result.at(-1);
    if (last !== undefined && last.a + last.length === run.a && last.b + last.length === run.b)
      last.length += run.length;
    else result.push({ ...run });
  }
  return result;
}

/** The most items, each there once in either sequence, that are in the same order in both. */
function anchors(a: Items, b: Items): Run[] {
  const [placesA, placesB] = [onlyPlaces(a), onlyPlaces(b)];
  const common: Run[] = [];
  for (const [place, item] of a.entries()) {
    const other = placesB[item] ?? NOWHERE;
    if (other >= 0 && placesA[item] === place) common.push({ a: place, b: other, length: 1 });
  }
  return longestAscending(common);
}

const NOWHERE = -1;
const SEVERAL = -2;

/** By item (small numbers from 0 on): where it is, if that is one place. */
function onlyPlaces(items: Items): Int32Array {
  const most = items.reduce((highest, item) => Math.max(highest, item), 0);
  const places = new Int32Array(most + 1).fill(NOWHERE);
  for (const [place, item] of items.entries()) places[item] = places[item] === NOWHERE ? place : SEVERAL;
  return places;
}

/** The longest part of these (ascending by `a`) that ascends by `b` too, by patience sorting. */
function longestAscending(runs: readonly Run[]): Run[] {
  const piles: number[] = [];
  const before = new Int32Array(runs.length);
  for (const [index, { b }] of runs.entries()) {
    let [low, high] = [0, piles.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (at(runs, at(piles, middle)).b < b) low = middle + 1;
      else high = middle;
    }
    before[index] = low === 0 ? -1 : at(piles, low - 1);
    piles[low] = index;
  }
  const longest: Run[] = [];
  for (let index = piles.at(-1) ?? -1; index >= 0; index = before[index] ?? -1) longest.push(at(runs, index));
  return longest.reverse();
}

/** Of an index that is known to be in bounds. */
function at<T>(items: ArrayLike<T>, index: number): T {
  return items[index] as T;
}

/** Myers' greedy algorithm: the runs of equal items in order, or nothing when too much differs. */
function equalRuns(a: Items, b: Items, work: Work): Run[] | undefined {
  const trace: Int32Array[] = [];
  const most = Math.min(MAX_EDITS, a.length + b.length);
  const center = most + 1;
  const furthest = new Int32Array(2 * center + 1);
  for (let edits = 0; edits <= most; edits++) {
    trace.push(furthest.slice(center - edits - 1, center + edits + 2));
    let steps = 0;
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && at(furthest, center + k - 1) < at(furthest, center + k + 1));
      const begin = down ? at(furthest, center + k + 1) : at(furthest, center + k - 1) + 1;
      let x = begin;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      furthest[center + k] = x;
      if (x >= a.length && x - k >= b.length) return wayBack(trace, { x: a.length, y: b.length });
      steps += 1 + x - begin;
    }
    if (!work.spend(steps)) return undefined;
  }
  return undefined;
}

function wayBack(trace: readonly Int32Array[], end: { x: number; y: number }): Run[] {
  const runs: Run[] = [];
  let { x, y } = end;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const before = at(trace, edits);
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
