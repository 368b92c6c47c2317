/** The PostgreSQL server that tests clone their databases on: of a whole run of jest, or of one file that runs where there is none. */

import type { Life } from "../../src/core/life.ts";
import { migrate } from "../../src/db/migrate.ts";
import { startPostgres } from "../../src/local/postgres.ts";
import { temporaryFolder } from "./folder.ts";
import { asOwner, configOf, TEMPLATE_DATABASE, TEST_SERVER_VARIABLE } from "./postgres.ts";

/** Starts the server, tells the test files of this process and of those it starts where it is, and makes the migrated template. */
export async function startTestServer(life: Life): Promise<void> {
  const dataDir = await temporaryFolder(life, "test-postgres");
  const { host, port, user, password } = await startPostgres(life, { dataDir, fast: true });
  const server = { host, port, user, password };
  process.env[TEST_SERVER_VARIABLE] = JSON.stringify(server); // the only way from a global set-up to test files
  await asOwner(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
  await migrate({ ...configOf({ ...server, database: TEMPLATE_DATABASE }), poolSize: 1 });
}
