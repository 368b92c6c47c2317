/** Makes `pg` treat TIMESTAMP without zone as UTC in both directions; by itself it would use the local time zone. */

import pg from "pg";

const TIMESTAMP_OID = 1114;
const BIGINT_OID = 20;

// The only global setting of `pg` for this: a Date parameter is written in UTC, whatever TZ says.
pg.defaults.parseInputDatesAsUTC = true;

/** Parsers of our connections: timestamps are UTC Dates, bigint is a number (ours stay below 2^53). */
export const columnTypes = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    if (format !== "binary" && oid === TIMESTAMP_OID) return parseUtc;
    if (format !== "binary" && oid === BIGINT_OID) return Number;
    return pg.types.getTypeParser(oid, format ?? "text");
  },
};

/** The first and the last moment that every wire can write. */
const FIRST = "0001-01-01T00:00:00Z";
const LAST = "9999-12-31T00:00:00Z";

/** What no `Date` can be made of (infinity, years before the first and after 9999, which only SQL writes) is the first or last moment. */
function parseUtc(text: string): Date {
  const date = new Date(`${text.replace(" ", "T")}Z`);
  if (!Number.isNaN(date.getTime())) return date;
  return new Date(text.startsWith("-") || text.endsWith("BC") ? FIRST : LAST);
}
