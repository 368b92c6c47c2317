/** How many projects ran with a licence over time, as a picture: places of points, and what there is to say about them. Pure. */

import { formatDuration, formatMoment } from "./format.ts";

export interface Usage {
  run_limit: number | null;
  /** Of each point. */
  spanSeconds: number;
  points: readonly { time: string; running: number }[];
}

export interface UsagePicture {
  /** Path of the area of what was used, in a box of this width and height whose origin is at the top left. */
  area: string;
  /** Height at which all places are taken; undefined: there is no limit. */
  limitY: number | undefined;
  /** Value at the top of the box. */
  top: number;
}

/** Draws steps: each point holds until the next one. */
export function usagePicture({ run_limit, points }: Usage, width: number, height: number): UsagePicture {
  const most = Math.max(0, ...points.map(({ running }) => running));
  const top = niceAbove(Math.max(most, run_limit ?? 0, 1));
  const y = (value: number) => round(height - (value / top) * height);
  const x = (index: number) => round((index / Math.max(points.length, 1)) * width);
  const steps = points.map(({ running }, index) => `V${y(running)}H${x(index + 1)}`).join("");
  return {
    area: `M0 ${height}${steps}V${height}Z`,
    limitY: run_limit === null ? undefined : y(run_limit),
    top,
  };
}

const round = (value: number) => Math.round(value * 10) / 10;

/** The next of 1, 2, 5, 10, 20, 50 … that is not below a value. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

/** The busiest span, and what was left in it. */
export function usageSentence({ run_limit, spanSeconds, points }: Usage): string {
  const busiest = points.reduce((best, point) => (point.running > best.running ? point : best), NOTHING);
  if (busiest.running === 0) return "No project ran with it in this time.";
  const when = `in the ${formatDuration(spanSeconds * 1_000)} from ${formatMoment(busiest.time)}`;
  if (run_limit === null) return `At most ${busiest.running} at once, ${when}.`;
  const left = Math.max(0, run_limit - busiest.running);
  return `At most ${busiest.running} of ${run_limit} at once, ${when}: ${left === 0 ? "none" : left} left.`;
}

const NOTHING = { time: "", running: 0 };
