/** A PostgreSQL server of a test's own, which it may stop and start again at the same port. */

import { Life } from "../../src/core/life.ts";
import type { DbConfig } from "../../src/db/config.ts";
import { migrate } from "../../src/db/migrate.ts";
import { startPostgres } from "../../src/local/postgres.ts";
import { temporaryFolder } from "./folder.ts";
import { configOf } from "./postgres.ts";

export interface RestartableServer {
  config: DbConfig;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts a server with a migrated database; it is stopped for good when the life stops. */
export async function openRestartableServer(life: Life): Promise<RestartableServer> {
  const dataDir = await temporaryFolder(life, "postgres");
  let running = new Life("postgres");
  life.defer("postgres", async () => void (await running.stop()));
  const config = configOf(await startPostgres(running, { dataDir, fast: true }));
  await migrate(config);
  return {
    config,
    async stop() {
      await running.stop();
    },
    async start() {
      running = new Life("postgres");
      await startPostgres(running, { dataDir, port: config.port, fast: true });
    },
  };
}
