/** What a benchmark reports: figures of one run side by side, each with what it is compared with and the aim. */

export interface Figure {
  what: string;
  /** Such as "13.9k req/s". */
  measured: string;
  /** What it is compared with, taken in the same run, such as "nginx 24.1k req/s". */
  against?: string;
  ratio?: number;
  /** Of each round, where there were several: `ratio` is their median, and how far they are apart tells a change from noise. */
  ratios?: readonly number[];
  aim?: string;
  /** Undefined where there is no aim. */
  met?: boolean;
  /** How it was measured. */
  how: string;
}

export interface Benchmark {
  name: string;
  run(): Promise<Figure[]>;
}

/** Value below which the given share (0 to 1) of the samples lie. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (samples: readonly number[]) => quantile(samples, 0.5);

/** The median with the least and the most, such as `13.9k /s (13.1k /s–14.2k /s)`. */
export function withSpread(samples: readonly number[], show: (value: number) => string): string {
  return `${show(median(samples))} (${show(Math.min(...samples))}–${show(Math.max(...samples))})`;
}

const twoPlaces = (value: number) => value.toFixed(2);

export const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
export const perSecond = (value: number) =>
  value >= 1_000 ? `${(value / 1_000).toFixed(1)}k /s` : `${value.toFixed(0)} /s`;

/** The figures as a Markdown table. */
export function figuresTable(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, measured, against, ratio, ratios, aim, met, how }) => [
    what,
    measured,
    against ?? "",
    ratio === undefined ? "" : ratios === undefined ? twoPlaces(ratio) : withSpread(ratios, twoPlaces),
    aim ?? "",
    met === undefined ? "" : met ? "yes" : "no",
    how,
  ]);
  const head = ["what", "measured", "against", "ratio", "aim", "met", "how"];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
