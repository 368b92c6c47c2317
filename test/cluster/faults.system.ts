/** Faults of the network to a real API server and a real database, from a second to a minute long: what every role keeps open outlives each of them. */
import { randomBytes } from "node:crypto";
import { afterAll, expect, test } from "@jest/globals";
import { Life } from "../../src/core/life.ts";
import type { DbConfig } from "../../src/db/config.ts";
import type { Db } from "../../src/db/db.ts";
import { migrate } from "../../src/db/migrate.ts";
import { outliveDatabaseFault } from "../helpers/database-faults.ts";
import { openTestApi, openTestKube } from "../helpers/kube.ts";
import { outliveFault } from "../helpers/kube-faults.ts";
import { testLives } from "../helpers/life.ts";
import { configOf, openDbOn } from "../helpers/postgres.ts";
import { type FaultKind, faultKinds } from "../helpers/tcp-proxy.ts";
import { openTestWorld } from "./world.ts";

/** Faults of each kind, as long as these at least: one that is short, one that idle connections survive, one that the kernel's keep-alive sees. */
const AT_LEAST_MS = [1_000, 10_000, 30_000];

/** A database that tests reach by no faulty way. */
type Direct = Db & { config: DbConfig };

const newLife = testLives();
const { world } = await openTestWorld();
const serverLife = new Life("API server");
const api = await openTestApi(serverLife);
const direct = await openTestKube(serverLife, api);
afterAll(async () => {
  expect(await serverLife.stop()).toEqual([]);
});

const rounds = AT_LEAST_MS.flatMap((least) =>
  faultKinds.map((kind) => ({ kind, betweenMs: [least, 2 * least] as const })),
);

test("clients of the API server go on after every kind of fault, each of 1 to 60 s", async () => {
  await Promise.all(rounds.map((round, seed) => outliveFault(newLife(), { api, direct, seed, ...round })));
});

test.each(AT_LEAST_MS)(
  "clients of the database go on after every kind of fault that lasts %d ms and up to twice as long",
  async (least) => {
    const sites: { life: Life; direct: Direct; kind: FaultKind; seed: number }[] = [];
    // One after the other: the server copies one database at a time.
    for (const [at, kind] of faultKinds.entries()) {
      const life = newLife();
      sites.push({ life, direct: await newDatabase(life), kind, seed: least + at });
    }
    await Promise.all(
      sites.map(({ life, ...site }) =>
        outliveDatabaseFault(life, { ...site, wire: "plain", betweenMs: [least, 2 * least] }),
      ),
    );
  },
);

/** A migrated database on the server of the site, gone with the life. */
async function newDatabase(life: Life): Promise<Direct> {
  const { database, site } = world.target;
  const name = `faults_${randomBytes(6).toString("hex")}`;
  await world.db.execute(`CREATE DATABASE ${name}`);
  life.defer(`database ${name}`, async () => {
    await world.db.execute(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  });
  const config = { ...configOf({ ...database, user: "smc", password: site.password, database: name }), poolSize: 2 };
  await migrate(config);
  return Object.assign(openDbOn(life, config), { config });
}
