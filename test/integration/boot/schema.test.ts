/** A process on a database whose schema is older than it, or that is away: it says so, and works when it is there. */

import { expect, test } from "@jest/globals";
import { startRoles } from "../../../src/boot/start-roles.ts";
import { neededMigrations } from "../../../src/db/schema.ts";
import { freePort } from "../../../src/net/serve/free-port.ts";
import { testLives } from "../../helpers/life.ts";
import { testLog } from "../../helpers/log.ts";
import { databaseEnv, openTestDb } from "../../helpers/postgres.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

test("a process ran on a schema that was older than it: it waits, says which one it needs, and is ready when that is there", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const last = (await neededMigrations()).at(-1) ?? "";
  const [row] = await db.query<{ run_on: Date }>("DELETE FROM pgmigrations WHERE name = $1 RETURNING run_on", [last]);
  const port = await freePort();
  const env = { ...databaseEnv(db.config), ADMIN_HOST: "127.0.0.1", ADMIN_PORT: String(port) };
  const started = startRoles(newLife("process"), { names: ["manage-idle"], env, log: testLog() });
  const admin = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  const told = await until(async () => {
    const words = await admin("/readyz").catch(() => "");
    return words.includes("run cocalc-k8s migrate") && words;
  });
  expect(told).toContain(`schema: this program needs ${last}, and the database has not had ${last}`);
  expect(told).toContain("start: manage-idle waits for the database");
  expect(await admin("/metrics")).toContain('cocalc_role_serving{role="manage-idle"} 0');
  await db.execute("INSERT INTO pgmigrations (name, run_on) VALUES ($1, $2)", [last, row?.run_on]);
  await started;
  expect(await admin("/readyz")).toMatch(/^ready/);
  expect(await admin("/metrics")).toContain('cocalc_role_serving{role="manage-idle"} 1');
});

test("a newer schema is as good, since migrations only expand", async () => {
  const db = await openTestDb(newLife());
  await db.execute("INSERT INTO pgmigrations (name, run_on) VALUES ('9999_later', now())");
  const env = { ...databaseEnv(db.config), ADMIN_HOST: "127.0.0.1", ADMIN_PORT: "0" };
  const { admin } = await startRoles(newLife("process"), { names: ["manage-idle"], env, log: testLog() });
  expect((await fetch(`${admin.origin}/readyz`)).status).toBe(200);
});
