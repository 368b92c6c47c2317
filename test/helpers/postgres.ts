/** A real database for each test file: one server per run of the tests, one clone of a migrated template per call. */

import { randomBytes } from "node:crypto";
import type pg from "pg";
import { environment } from "../../src/core/env.ts";
import type { Life } from "../../src/core/life.ts";
import { openMetrics } from "../../src/core/metrics.ts";
import { endClient, newClient } from "../../src/db/client.ts";
import type { DbConfig } from "../../src/db/config.ts";
import { Db, type DbParts } from "../../src/db/db.ts";
import { testLog } from "./log.ts";

/** Variable by which the global set-up tells test files where the server is: JSON of TestServer. */
export const TEST_SERVER_VARIABLE = "COCALC_TEST_POSTGRES";
export const TEMPLATE_DATABASE = "cocalc_template";

export interface TestServer {
  host: string;
  port: number;
  user: string;
  password: string;
}

/** How a Db reaches a database on a server of ours. */
export function configOf(server: TestServer & { database: string }): DbConfig {
  const { host, port, user, password, database } = server;
  return {
    host,
    port,
    user,
    password,
    database,
    passwordFile: undefined,
    ssl: "disable",
    poolSize: 10,
    leaderSilenceSeconds: 10,
  };
}

/** The server of this run. */
export function testServer(): TestServer {
  const text = environment()[TEST_SERVER_VARIABLE];
  if (text === undefined) throw new Error("no PostgreSQL server: run this with jest, whose global set-up starts one");
  return JSON.parse(text) as TestServer; // written by the global set-up
}

/** A machine on which much else runs is no fault of what is tested. */
const OWNER_CONNECT_MS = 60_000;

/** Runs a statement as the server's owner, outside of any test database. */
export async function asOwner<Row extends pg.QueryResultRow>(sql: string, database = "postgres"): Promise<Row[]> {
  const client = newClient({ ...testServer(), database, connectionTimeoutMillis: OWNER_CONNECT_MS });
  try {
    await client.connect();
    return (await client.query<Row>(sql)).rows;
  } finally {
    await endClient(client);
  }
}

/** A new migrated database, dropped when the life stops (after whatever was opened on it later). */
export async function createTestDatabase(life: Life): Promise<DbConfig> {
  const database = `test_${randomBytes(6).toString("hex")}`;
  await asOwner(`CREATE DATABASE ${database} TEMPLATE ${TEMPLATE_DATABASE}`);
  life.defer(`database ${database}`, async () => {
    await asOwner(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  });
  return configOf({ ...testServer(), database });
}

/** A Db on a new database. */
export async function openTestDb(life: Life): Promise<Db & { config: DbConfig }> {
  const config = await createTestDatabase(life);
  return Object.assign(openDbOn(life, config), { config });
}

/** Another Db on the same database, as another process would have. */
export function openDbOn(life: Life, config: DbConfig, applicationName = "test", more: Partial<DbParts> = {}): Db {
  const metrics = openMetrics({ defaults: false });
  return new Db(life, { config, applicationName, log: testLog(), metrics, ...more });
}

/** Environment variables with which a role finds this database. */
export function databaseEnv(config: DbConfig): Record<string, string> {
  return {
    PGHOST: config.host,
    PGPORT: String(config.port),
    PGUSER: config.user,
    PGPASSWORD: config.password ?? "",
    PGDATABASE: config.database,
  };
}
