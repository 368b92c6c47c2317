/** Deletes rows that have ended by themselves and would only grow. */

import type { Queryable } from "./db.ts";

/** Rows deleted at once: triggers may tell of each, and whoever hears of ten thousand looks at everything anew. */
const MAX_DELETED = 5_000;

/** Deletes rows of a table whose column `expire` has passed, by their primary key; those that another replica is just deleting are left to it. */
export async function deleteExpired(db: Queryable, { table, key }: { table: string; key: string }): Promise<void> {
  await db.execute(
    `DELETE FROM ${table} WHERE ${key} IN (
       SELECT ${key} FROM ${table} WHERE expire <= now() AT TIME ZONE 'UTC' LIMIT $1 FOR UPDATE SKIP LOCKED)`,
    [MAX_DELETED],
  );
}
