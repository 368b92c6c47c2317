import { expect, test } from "@jest/globals";
import type { RoleName } from "../../../roles/names.ts";
import { rolesNamed, startRoles } from "../../../src/boot/start-roles.ts";
import type { Life } from "../../../src/core/life.ts";
import { openEmbeddedCluster } from "../../helpers/embedded-cluster.ts";
import { openResources } from "../../helpers/leaks.ts";
import { testLives } from "../../helpers/life.ts";
import { testLog } from "../../helpers/log.ts";
import { asOwner, createTestDatabase, databaseEnv } from "../../helpers/postgres.ts";
import { projectEnv } from "../../helpers/project-env.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

/** Everything that roles need, on real parts. */
async function openWorld(life: Life) {
  const config = await createTestDatabase(life);
  const cluster = await openEmbeddedCluster(life);
  const listen = { HOST: "127.0.0.1", PORT: "0", ADMIN_HOST: "127.0.0.1", ADMIN_PORT: "0" };
  return { config, env: { ...databaseEnv(config), ...cluster.env, ...listen, ...(await projectEnv(life)) } };
}

const connectionsTo = (database: string) =>
  asOwner<{ application_name: string; count: number }>(
    `SELECT application_name, count(*)::int AS count FROM pg_stat_activity WHERE datname = '${database}' GROUP BY 1 ORDER BY 1`,
  );

test("all roles of a process share one pool, one LISTEN connection and one connection for locks", async () => {
  const life = newLife();
  const { config, env } = await openWorld(life);
  await startRoles(life, { names: rolesNamed(["all"]), env: { ...env, COCALC_DB_POOL_SIZE: "4" }, log: testLog() });
  const counts = await until(async () => {
    const rows = await connectionsTo(config.database);
    const named = (suffix: string) => rows.filter((row) => row.application_name.endsWith(suffix));
    return named("/listen").length > 0 && named("/locks").length > 0 && rows;
  });
  const kinds = counts.map(({ application_name }) => application_name.split("/").at(1) ?? "pool").sort();
  expect(kinds).toEqual(["listen", "locks", "pool"]);
  expect(counts.filter(({ application_name }) => application_name.includes("/")).map(({ count }) => count)).toEqual([
    1, 1,
  ]);
  expect(counts.find(({ application_name }) => !application_name.includes("/"))?.count).toBeLessThanOrEqual(4);
});

async function startAndStop(names: RoleName[], env: Record<string, string>): Promise<Error[]> {
  const life = newLife("round");
  await startRoles(life, { names, env, log: testLog() });
  return life.stop({ deadlineMs: 10_000 });
}

test.each([...rolesNamed(["all"]), "project" as const, "all together" as const])(
  "%s starts and stops 20 times and leaves nothing open",
  async (name) => {
    const { config, env } = await openWorld(newLife());
    const names = name === "all together" ? rolesNamed(["all"]) : [name];
    const round = () => startAndStop(names, env);
    expect(await round()).toEqual([]); // loads modules, and what they open for good
    const before = openResources();
    for (let count = 0; count < 19; count += 1) expect(await round()).toEqual([]);
    await until(() => withinNoise(before, openResources()), {
      what: `nothing more is open than ${JSON.stringify(before)}`,
    });
    // a backend outlives its client by a moment
    await until(async () => (await connectionsTo(config.database)).length === 0, { what: "no backend is left" });
  },
  300_000,
);

/** A kept connection of fetch or a timer of the test itself may come and go; twenty rounds' worth of anything may not. */
function withinNoise(before: Record<string, number>, now: Record<string, number>): boolean {
  return Object.keys(now).every((kind) => (now[kind] ?? 0) <= (before[kind] ?? 0) + 2);
}
