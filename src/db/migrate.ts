/** Brings the schema up to date: numbered SQL files that only expand, under a lock so that many replicas may start at once. */

import { fileURLToPath } from "node:url";
import { runner } from "node-pg-migrate";
import { connectionOptions, type DbConfig, databaseTrouble } from "./config.ts";

/** Where the numbered SQL files are; the server bundle keeps them at the same place relative to itself. */
export const migrationsFolder = fileURLToPath(new URL("./migrations", import.meta.url));

/** Runs what has not run yet and returns the names of those files. Replicas that start together wait for one another. @throws AppError `unavailable` */
export async function migrate(config: DbConfig): Promise<string[]> {
  const { password, ...connection } = connectionOptions(config, "migrate");
  const done = await runner({
    databaseUrl: { ...connection, password: password() },
    dir: migrationsFolder,
    migrationsTable: "pgmigrations",
    direction: "up",
    count: Number.POSITIVE_INFINITY,
    checkOrder: true,
    advisoryLockMode: "wait",
    log: () => {},
  }).catch((error: unknown) => {
    throw databaseTrouble(config, error);
  });
  return done.map(({ name }) => name);
}
