/** Columns of type jsonb into which anybody may have written anything. */

/** In SQL: the column where it holds an object, else an empty one. */
export function objectInSql(column: string): string {
  return `CASE WHEN jsonb_typeof(${column}) = 'object' THEN ${column} ELSE '{}' END`;
}
