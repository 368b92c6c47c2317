/** A PostgreSQL server of a test's own, which it may stop and start again at the same port. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Life } from "../../src/core/life.ts";
import type { DbConfig } from "../../src/db/config.ts";
import { migrate } from "../../src/db/migrate.ts";
import { startPostgres } from "../../src/local/postgres.ts";

export interface RestartableServer {
  config: DbConfig;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts a server with a migrated database; it is stopped for good when the life stops. */
export async function openRestartableServer(life: Life): Promise<RestartableServer> {
  const dataDir = await mkdtemp(join(tmpdir(), "cocalc-restartable-postgres-"));
  life.defer("data", () => rm(dataDir, { recursive: true, force: true }));
  let running = new Life("postgres");
  life.defer("postgres", async () => void (await running.stop()));
  const { host, port, user, password, database } = await startPostgres(running, { dataDir, fast: true });
  const config: DbConfig = {
    host,
    port,
    user,
    password,
    database,
    passwordFile: undefined,
    ssl: "disable",
    poolSize: 10,
  };
  await migrate(config);
  return {
    config,
    async stop() {
      await running.stop();
    },
    async start() {
      running = new Life("postgres");
      await startPostgres(running, { dataDir, port, fast: true });
    },
  };
}
