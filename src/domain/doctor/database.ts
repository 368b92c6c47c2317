/** The doctor's checks of the database: reachable, in UTC, migrated, with a clock like ours. */

import type pg from "pg";
import { messageOf } from "../../core/errors.ts";
import { endClient, newClient } from "../../db/client.ts";
import { connectionFix, connectionOptions, type DbConfig, placeOf } from "../../db/config.ts";
import { doneMigrations, neededMigrations } from "../../db/schema.ts";
import { type Checked, check, notLookedAt, well, wrong } from "./check.ts";

const MAX_SKEW_MS = 2_000;

export async function checkDatabase(config: DbConfig): Promise<Checked[]> {
  const { options: _ours, ...plain } = connectionOptions(config, "cocalc-k8s doctor"); // the server's own time zone is looked at
  const client = newClient({ ...plain, query_timeout: 10_000 });
  const where = placeOf(config);
  const reached = await check("database", `see that it answers queries: psql at ${where}`, async () => {
    try {
      await client.connect();
    } catch (error) {
      return wrong(`${where}: ${messageOf(error)}`, connectionFix(error));
    }
    const { rows } = await client.query<{ server_version: string }>("SHOW server_version");
    return well(`PostgreSQL ${rows[0]?.server_version} at ${where}`);
  });
  if (!reached.ok) {
    return [
      reached,
      ...["database time zone", "schema", "clock"].map((name) => notLookedAt(name, "the database cannot be reached")),
    ];
  }
  try {
    return [reached, await timeZone(client), await schema(client), await clock(client)];
  } finally {
    await endClient(client);
  }
}

function timeZone(client: pg.Client): Promise<Checked> {
  const fix = "set timezone = 'UTC' in postgresql.conf (or ALTER DATABASE … SET timezone = 'UTC')";
  return check("database time zone", fix, async () => {
    const { rows } = await client.query<{ TimeZone: string }>("SHOW TimeZone");
    const zone = rows[0]?.TimeZone ?? "";
    return /^(Etc\/)?(UTC|UCT|Zulu|GMT|Universal)$/i.test(zone) ? well(zone) : wrong(`the server is in ${zone}`, fix);
  });
}

function schema(client: pg.Client): Promise<Checked> {
  const fix = "run cocalc-k8s migrate";
  return check("schema", fix, async () => {
    const needed = await neededMigrations();
    const query = async <Row>(sql: string) => (await client.query(sql)).rows as Row[]; // the caller states the row of its own SQL
    const done = await doneMigrations(query);
    const missing = needed.filter((name) => !done.has(name));
    if (missing.length === needed.length) return wrong("the database is empty", fix);
    if (missing.length > 0) return wrong(`missing: ${missing.join(", ")}`, fix);
    const newer = [...done].filter((name) => !needed.includes(name));
    const more = newer.length === 0 ? "" : `, and of a newer program, which harm nothing: ${newer.join(", ")}`;
    return well(`${needed.length} migrations${more}`);
  });
}

function clock(client: pg.Client): Promise<Checked> {
  const fix = "synchronize the clocks of all machines (chrony, systemd-timesyncd)";
  return check("clock", fix, async () => {
    const before = Date.now();
    const { rows } = await client.query<{ ms: number }>(
      "SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms",
    );
    const skewMs = Math.round((rows[0]?.ms ?? 0) - (before + Date.now()) / 2);
    if (Math.abs(skewMs) <= MAX_SKEW_MS) return well(`${skewMs} ms between the database and here`);
    return wrong(`the database's clock is ${skewMs} ms from ours`, fix);
  });
}
