/** How long something will take, from how long it took: samples with weights, and what to say of them. Pure; all in milliseconds. */

/** Shortest first; weights are positive. Empty: nothing is known. */
export type Durations = readonly { ms: number; weight: number }[];

/**
 * Of those that ended, and of those under way since so long, which tell that it may take longer: each counts for the longer ones in equal parts
 * (Efron's reading of the Kaplan-Meier estimate), and where none was longer, as one that takes as long again.
 */
export function durationsOf(ended: readonly number[], underWay: readonly number[] = []): Durations {
  const samples = [...ended.map((ms) => ({ ms, isOver: true })), ...underWay.map((ms) => ({ ms, isOver: false }))].sort(
    (a, b) => a.ms - b.ms,
  );
  const durations: { ms: number; weight: number }[] = [];
  let weight = 1;
  samples.forEach(({ ms, isOver }, index) => {
    const later = samples.length - index - 1;
    if (isOver) durations.push({ ms, weight });
    else if (later > 0) weight += weight / later;
    else durations.push({ ms: 2 * ms, weight });
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

/**
 * The one number to tell: such that most of the samples are between its half and its double, and the middle one of these as far as that allows.
 * undefined: nothing is known.
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
  return Math.min(Math.max(durationAt(most, 0.5), longest / 2), 2 * least);
}

function totalOf(durations: Durations): number {
  return durations.reduce((sum, { weight }) => sum + weight, 0);
}
