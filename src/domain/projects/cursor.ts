/** Where a page of a list ended: time (with microseconds, which a Date has not) and id of its last row, as one text. Pure. */

import { invalid } from "../../core/errors.ts";
import { UUID } from "../../core/uuid.ts";

const CURSOR = new RegExp(`^(-?infinity|\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{6})_(${UUID})$`);

/** SQL of a row's cursor, also where the time is infinity, which `to_char` has no text for. */
export function cursorOf(time: string, id: string): string {
  return `CASE WHEN isfinite(${time}) THEN to_char(${time}, 'YYYY-MM-DD"T"HH24:MI:SS.US') ELSE (${time})::text END || '_' || ${id}`;
}

/** Time and id of a cursor as parameters; both null at the first page. @throws AppError `invalid`. */
export function readCursor(cursor: string | undefined): { time: string | null; id: string | null } {
  if (cursor === undefined) return { time: null, id: null };
  const [, time, id] = CURSOR.exec(cursor) ?? [];
  if (time === undefined || id === undefined || !isMoment(time.slice(0, MILLISECONDS_END))) {
    throw invalid("`after` has to be the `next` of the page before.");
  }
  return { time, id };
}

const MILLISECONDS_END = "2026-01-31T12:00:00.000".length;

/** Date takes days that no month has, and a year 0, which PostgreSQL does not. */
function isMoment(time: string): boolean {
  if (time.endsWith("infinity")) return true;
  const date = new Date(`${time}Z`);
  return !time.startsWith("0000") && !Number.isNaN(date.getTime()) && date.toISOString() === `${time}Z`;
}
