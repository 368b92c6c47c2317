/** The present moment in SQL, as the columns of starts and requests hold it. */

/** As dates inside JSON are written. */
export const NOW_ISO = `to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
export const NOW = "(clock_timestamp() AT TIME ZONE 'UTC')";
