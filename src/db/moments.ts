/** Moments in SQL, as our columns hold them. The clock of `NOW` goes on within a transaction, as `now()` does not. */

/** As dates inside JSON are written. */
export const NOW_ISO = `to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
export const NOW = "(clock_timestamp() AT TIME ZONE 'UTC')";
/** When the transaction began: the same throughout a statement, and usable with an index. */
export const NOW_OF_TRANSACTION = "(now() AT TIME ZONE 'UTC')";

/** A moment as every wire writes it, also one at infinity; NULL where there is none, which `least` and `greatest` pass over. */
export function momentInSql(column: string): string {
  return `to_char(CASE WHEN ${column} IS NOT NULL THEN least(greatest(${column}, '0001-01-01'), '9999-12-31') END, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
