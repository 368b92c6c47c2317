/**
 * Starts one PostgreSQL server for a whole run of jest, makes the migrated template that every test database is cloned from, and unpacks the
 * browser: files of tests that did so at once would start one that another still writes.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import chromium from "@sparticuz/chromium";
import { Life } from "../../src/core/life.ts";
import { migrate } from "../../src/db/migrate.ts";
import { startPostgres } from "../../src/local/postgres.ts";
import { asOwner, TEMPLATE_DATABASE, TEST_SERVER_VARIABLE } from "./postgres.ts";

declare global {
  var cocalcTestLife: Life | undefined;
}

export default async function setUp(): Promise<void> {
  const life = new Life("tests");
  globalThis.cocalcTestLife = life;
  const dataDir = await mkdtemp(join(tmpdir(), "cocalc-test-postgres-"));
  life.defer("data", () => rm(dataDir, { recursive: true, force: true }));
  const { host, port, user, password } = await startPostgres(life, { dataDir, fast: true });
  process.env[TEST_SERVER_VARIABLE] = JSON.stringify({ host, port, user, password }); // the only way from here to test files
  await asOwner(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
  await migrate({
    host,
    port,
    user,
    password,
    passwordFile: undefined,
    database: TEMPLATE_DATABASE,
    ssl: "disable",
    poolSize: 1,
    leaderSilenceSeconds: 10,
  });
  await chromium.executablePath();
}
