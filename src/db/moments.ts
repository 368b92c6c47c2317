/** The present moment in SQL, as our columns hold it. The clock goes on within a transaction, as `now()` does not. */

/** As dates inside JSON are written. */
export const NOW_ISO = `to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
export const NOW = "(clock_timestamp() AT TIME ZONE 'UTC')";
