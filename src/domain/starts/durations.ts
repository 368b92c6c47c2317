/** How long something will take, from how long it took: samples with weights, and what to say of them. Pure; all in milliseconds. */

/** Shortest first; weights are positive. Empty: nothing is known. */
export type Durations = readonly { ms: number; weight: number }[];

/** Something that took so long, or (not over) has been under way for so long. */
export interface Span {
  ms: number;
  weight: number;
  isOver: boolean;
}

/**
 * Those under way tell that it may take longer: each counts for the longer ones by their weights (Efron's reading of the Kaplan-Meier estimate),
 * and where none was longer, as one that takes as long again. Where none is over, nothing is known.
 */
export function durationsOf(spans: readonly Span[]): Durations {
  if (!spans.some(({ isOver }) => isOver)) return [];
  const durations: { ms: number; weight: number }[] = [];
  let [later, share] = [spans.reduce((sum, { weight }) => sum + weight, 0), 1];
  spans
    .toSorted((a, b) => a.ms - b.ms)
    .forEach(({ ms, weight, isOver }, index) => {
      later -= weight;
      const isLast = index === spans.length - 1;
      if (isOver || isLast) durations.push({ ms: isOver ? ms : 2 * ms, weight: share * weight });
      else share *= 1 + weight / later;
    });
  return durations;
}

/** What is left of something that has taken so long already; where nothing took so long, as long again. */
export function remaining(durations: Durations, elapsedMs: number): Durations {
  const left = durations.filter(({ ms }) => ms > elapsedMs).map(({ ms, weight }) => ({ ms: ms - elapsedMs, weight }));
  return left.length > 0 || durations.length === 0 ? left : [{ ms: elapsedMs, weight: 1 }];
}

/** The duration below which the given share (0 to 1) of all lies; 0 where nothing is known. */
export function durationAt(durations: Durations, share: number): number {
  let left = share * totalOf(durations);
  for (const { ms, weight } of durations) {
    left -= weight;
    if (left < 0) return ms;
  }
  return durations.at(-1)?.ms ?? 0;
}

/** So large a share at either end does not move what is told. */
const OUTLIERS = 0.05;

/**
 * The one number to tell: such that most of the samples are between its half and its double, and as far as can be from being wrong for any of
 * these, so their middle by ratio. undefined: nothing is known.
 */
export function likeliest(durations: Durations): number | undefined {
  let best: { from: number; to: number; weight: number } | undefined;
  let [to, weight] = [0, 0];
  durations.forEach(({ ms, weight: own }, from) => {
    for (let next = durations[to]; next !== undefined && next.ms <= 4 * ms; next = durations[to]) {
      weight += next.weight;
      to += 1;
    }
    if (best === undefined || weight > best.weight) best = { from, to, weight };
    weight -= own;
  });
  if (best === undefined) return undefined;
  const most = durations.slice(best.from, best.to);
  const [least, longest] = [most[0]?.ms ?? 0, most.at(-1)?.ms ?? 0];
  const middle = Math.sqrt(durationAt(most, OUTLIERS) * durationAt(most, 1 - OUTLIERS));
  return Math.min(Math.max(middle, longest / 2), 2 * least);
}

/** The share (0 to 1) of all that lies between the half and the double of what is told; 0 where nothing is known. */
export function shareWithin(durations: Durations, toldMs: number): number {
  const within = durations.filter(({ ms }) => toldMs / 2 <= ms && ms <= 2 * toldMs);
  return durations.length === 0 ? 0 : totalOf(within) / totalOf(durations);
}

function totalOf(durations: Durations): number {
  return durations.reduce((sum, { weight }) => sum + weight, 0);
}
