/** Numbers and times as people read them. */

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** 1536 → "1.5 KB"; powers of 1000. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** Milliseconds → "0.4 s", "12 s", "3 min 5 s", "2 h", "2 h 10 min". */
export function formatDuration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

const AGO: [seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, "second"],
  [3_600, "minute"],
  [86_400, "hour"],
  [2_592_000, "day"],
  [31_536_000, "month"],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** How long before `now` (ms since the epoch) a moment was: "3 minutes ago". */
export function formatAgo(moment: string | number | Date, now: number): string {
  const seconds = Math.max(0, (now - new Date(moment).getTime()) / 1_000);
  if (seconds < 10) return "just now";
  let per = 1;
  for (const [limit, unit] of AGO) {
    if (seconds < limit) return relative.format(-Math.floor(seconds / per), unit);
    per = limit;
  }
  return relative.format(-Math.floor(seconds / per), "year");
}

/** How long after `now` (ms since the epoch) a moment comes: "in 5 hours". */
export function formatUntil(moment: string | number | Date, now: number): string {
  const seconds = Math.max(0, (new Date(moment).getTime() - now) / 1_000);
  let per = 1;
  for (const [limit, unit] of AGO) {
    if (seconds < limit) return relative.format(Math.ceil(seconds / per), unit);
    per = limit;
  }
  return relative.format(Math.ceil(seconds / per), "year");
}

/** A moment in the reader's own zone. */
export function formatMoment(moment: string | number | Date): string {
  return new Date(moment).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** 1 → "1 file", 2 → "2 files". */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
