/** A database with people and projects, for benchmarks that need no cluster: rows as the product would have written them. */

import { randomUUID } from "node:crypto";
import type { Life } from "../../src/core/life.ts";
import { openMetrics } from "../../src/core/metrics.ts";
import type { DbConfig } from "../../src/db/config.ts";
import { Db } from "../../src/db/db.ts";
import { migrate } from "../../src/db/migrate.ts";
import { createSession } from "../../src/domain/access/sessions.ts";
import { startPostgres } from "../../src/local/postgres.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { testLog } from "../helpers/log.ts";
import { configOf, databaseEnv } from "../helpers/postgres.ts";

export interface World {
  db: Db;
  config: DbConfig;
  env: Record<string, string>;
}

/** A server of its own with a migrated database, as durable as an installation's. */
export async function openWorld(life: Life): Promise<World> {
  const dataDir = await temporaryFolder(life, "bench");
  const config = configOf(await startPostgres(life, { dataDir }));
  await migrate(config);
  const db = new Db(life, {
    config,
    log: testLog(),
    metrics: openMetrics({ defaults: false }),
    applicationName: "bench",
  });
  return { db, config, env: databaseEnv(config) };
}

/** An account with a session; the cookie is as a browser sends it over plain HTTP. */
export async function createPerson(db: Db, name: string): Promise<{ accountId: string; cookie: string }> {
  const accountId = randomUUID();
  await db.execute(
    "INSERT INTO accounts (account_id, email_address, first_name, last_name) VALUES ($1, $2, $3, 'Bench')",
    [accountId, `${name}-${accountId}@example.org`, name],
  );
  const { cookieValue } = await createSession(db, { accountId });
  return { accountId, cookie: `remember_me=${cookieValue}` };
}

/** A project that counts as running at an address. */
export async function createRunningProject(db: Db, { owner, ip }: { owner: string; ip: string }): Promise<string> {
  const projectId = randomUUID();
  const state = { state: "running", time: new Date().toISOString(), ip };
  await db.execute(
    "INSERT INTO projects (project_id, title, users, state, last_edited) VALUES ($1, 'Bench', $2, $3, now())",
    [projectId, JSON.stringify({ [owner]: { group: "owner" } }), JSON.stringify(state)],
  );
  return projectId;
}
