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

function parseUtc(text: string): Date {
  return new Date(`${text.replace(" ", "T")}Z`);
}
