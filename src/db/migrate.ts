/** Brings the schema up to date: numbered SQL files that only expand, under a lock so that many replicas may start at once. */

import { runner } from "node-pg-migrate";
import { endClient, newClient } from "./client.ts";
import { connectionOptions, type DbConfig, databaseTrouble } from "./config.ts";
import { migrationsFolder } from "./migrations-folder.ts";

/** A file may rewrite a large table, or wait for the replica that does. */
const STATEMENT_MS = 3_600_000;

/** Runs what has not run yet and returns the names of those files. Replicas that start together wait for one another. @throws AppError `unavailable` */
export async function migrate(config: DbConfig): Promise<string[]> {
  // Ours: the library's own would have nobody to hear of its loss.
  const client = newClient({ ...connectionOptions(config, "migrate"), query_timeout: STATEMENT_MS });
  try {
    await client.connect();
    const done = await runner({
      dbClient: client,
      dir: migrationsFolder,
      migrationsTable: "pgmigrations",
      direction: "up",
      count: Number.POSITIVE_INFINITY,
      checkOrder: true,
      advisoryLockMode: "wait",
      log: () => {},
    });
    return done.map(({ name }) => name);
  } catch (error) {
    throw databaseTrouble(config, error);
  } finally {
    await endClient(client);
  }
}
