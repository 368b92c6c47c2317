/** Brings the schema up to date: numbered SQL files that only expand, under a lock so that many replicas may start at once. */

import { runner } from "node-pg-migrate";
import { connectionOptions, type DbConfig, databaseTrouble } from "./config.ts";
import { endClient, newClient } from "./connection.ts";
import { migrationsFolder } from "./migrations-folder.ts";

/** Runs what has not run yet and returns the names of those files. Replicas that start together wait for one another. @throws AppError `unavailable` */
export async function migrate(config: DbConfig): Promise<string[]> {
  const client = newClient(connectionOptions(config, "migrate")); // ours: the library's own would have nobody to hear of its loss
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
