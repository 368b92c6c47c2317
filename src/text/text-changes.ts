/** The difference of two texts: by lines first, then by characters, with a bounded amount of work. Pure; positions count UTF-16 units. */

import { graphemesOf, isSurelyBetween, sharedEnd, sharedStart, workOfGraphemes } from "./graphemes.ts";
import { anchoredHunks, shortestHunks, Work } from "./sequence-hunks.ts";

/**
 * Replaces `remove` units at `at` (a position in the old text) by `insert`. A list of them is in order, and they do not touch. Neither end
 * of what is removed or inserted is inside of a character, as people count them.
 */
export interface Change {
  at: number;
  remove: number;
  insert: string;
}

/** For one comparison: some hundredths of a second. What is not compared by then counts as replaced. */
const MOST_WORK = 6_000_000;

/** What leads from one text to another. Of several places at which the same could be done, always the same one is chosen. */
export function changesBetween(from: string, to: string, work = new Work(MOST_WORK)): Change[] {
  if (from === to) return [];
  const start = startOfLine(from, unitsAlike(from, to));
  const end = linesAtEnd(from, to, start);
  const linesA = linesOf(from.slice(start, from.length - end));
  const linesB = linesOf(to.slice(start, to.length - end));
  const hunks = anchoredHunks(...idsOf(linesA, linesB), work);
  const startsA = startsOf(linesA, start);
  const changes = hunks.flatMap((hunk) => {
    const [oldLines, newLines] = [linesA.slice(hunk.from, hunk.to), linesB.slice(hunk.newFrom, hunk.newTo)];
    return betweenLines(oldLines, newLines, { at: startsA[hunk.from] ?? from.length - end, work });
  });
  return settled(changes, from);
}

function unitsAlike(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return length;
}

function startOfLine(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}

/** Units of the whole lines that both end with, behind `start`. */
function linesAtEnd(a: string, b: string, start: number): number {
  const most = Math.min(a.length, b.length) - start;
  let length = 0;
  while (length < most && a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length)) length++;
  const lineEnd = a.indexOf("\n", a.length - length);
  return lineEnd === -1 ? 0 : a.length - lineEnd - 1;
}

/** Lines with their ends. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function startsOf(parts: readonly string[], from: number): number[] {
  let at = from;
  return parts.map((part) => {
    const start = at;
    at += part.length;
    return start;
  });
}

/** Gives the same number to the same part. */
function idsOf(a: readonly string[], b: readonly string[]): [number[], number[]] {
  const ids = new Map<string, number>();
  const idOf = (part: string) => {
    const id = ids.get(part) ?? ids.size;
    ids.set(part, id);
    return id;
  };
  return [a.map(idOf), b.map(idOf)];
}

interface Place {
  /** Where in the old text. */
  at: number;
  work: Work;
}

/** Lines that became as many others are compared one by one; else all of them by characters, where that is not too much. */
function betweenLines(a: readonly string[], b: readonly string[], place: Place): Change[] {
  const together = a.length === b.length ? undefined : byCharacters(a.join(""), b.join(""), place);
  return together ?? oneByOne(a, b, place);
}

function oneByOne(a: readonly string[], b: readonly string[], { at, work }: Place): Change[] {
  const common = Math.min(a.length, b.length);
  const starts = startsOf([...a, ""], at);
  const changes = a.slice(0, common).flatMap((line, index) => {
    const [other, place] = [b[index] ?? "", { at: starts[index] ?? at, work }];
    if (line === other) return [];
    return byCharacters(line, other, place) ?? [{ at: place.at, remove: line.length, insert: other }];
  });
  const rest = { at: starts[common] ?? at, remove: a.slice(common).join("").length, insert: b.slice(common).join("") };
  return rest.remove > 0 || rest.insert !== "" ? [...changes, rest] : changes;
}

/** Undefined where it is too much work. */
function byCharacters(a: string, b: string, { at, work }: Place): Change[] | undefined {
  const start = sharedStart(a, b);
  const end = sharedEnd(a, b, start);
  const [partA, partB] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (partA === "" || partB === "") return [{ at: at + start, remove: partA.length, insert: partB }];
  if (!work.spend(workOfGraphemes(partA) + workOfGraphemes(partB))) return undefined;
  const [charactersA, charactersB] = [graphemesOf(partA), graphemesOf(partB)];
  const hunks = shortestHunks(...idsOf(charactersA, charactersB), work);
  const starts = startsOf(charactersA, at + start);
  const endOfPart = at + start + partA.length;
  return hunks?.map(({ from, to, newFrom, newTo }) => {
    const place = starts[from] ?? endOfPart;
    return { at: place, remove: (starts[to] ?? endOfPart) - place, insert: charactersB.slice(newFrom, newTo).join("") };
  });
}

/** Each at the place that is always chosen, and those that touch made one. */
function settled(changes: readonly Change[], from: string): Change[] {
  const result: Change[] = [];
  for (const change of changes) {
    const last = result.at(-1);
    const least = last === undefined ? 0 : last.at + last.remove;
    const moved = change.remove > 0 && change.insert !== "" ? change : slidLeft(change, from, least);
    if (last !== undefined && least === moved.at) {
      last.remove += moved.remove;
      last.insert += moved.insert;
    } else result.push({ ...moved });
  }
  return result;
}

/**
 * An insertion or a removal can often stand at several places with the same outcome. The first of those at the beginning of a line is
 * chosen, else the first of all: so changes that are alike look alike.
 */
function slidLeft({ at, remove, insert }: Change, from: string, least: number): Change {
  const length = remove + insert.length;
  const unitBefore = (steps: number) =>
    steps <= insert.length ? insert.charCodeAt(insert.length - steps) : from.charCodeAt(at - steps + length);
  let [best, bestLine] = [0, 0];
  for (let steps = 1; at - steps >= least && from.charCodeAt(at - steps) === unitBefore(steps); steps++) {
    const place = at - steps;
    const first = from.charCodeAt(place); // of what is removed or inserted there, which is the same unit
    if (!isSurelyBetween(from.charCodeAt(place - 1), first)) continue;
    if (!isSurelyBetween(unitBefore(steps + 1), remove > 0 ? from.charCodeAt(place + remove) : first)) continue;
    best = steps;
    if (place === 0 || from[place - 1] === "\n") bestLine = steps;
  }
  const steps = bestLine > 0 || isLineStart(from, at) ? bestLine : best;
  const turn = insert.length === 0 ? 0 : steps % insert.length;
  return { at: at - steps, remove, insert: insert.slice(insert.length - turn) + insert.slice(0, insert.length - turn) };
}

const isLineStart = (text: string, at: number) => at === 0 || text[at - 1] === "\n";
