import { expect, test } from "@jest/globals";
import type { Life } from "../../../src/core/life.ts";
import type { Db } from "../../../src/db/db.ts";
import { testLives } from "../../helpers/life.ts";
import { asOwner, openDbOn, openTestDb } from "../../helpers/postgres.ts";
import { openRestartableServer } from "../../helpers/restartable-postgres.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

/** Records what a consumer is told. */
async function listenTo(db: Db, life: Life, channel = "news") {
  const heard = { keys: [] as string[], missed: 0 };
  await db.listen(life, {
    channels: [channel],
    onNotify: (key) => void heard.keys.push(key),
    onMissed: () => {
      heard.missed += 1;
    },
  });
  await until(() => heard.missed > 0);
  return heard;
}

const notify = (db: Db, key: string) => db.execute("SELECT pg_notify('news', $1)", [key]);
const listenerOf = (database: string) =>
  asOwner<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = '${database}' AND application_name = 'test/listen'`,
  );

test("one connection listens for all consumers, and each hears its own channels", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const [news, other] = [await listenTo(db, life), await listenTo(db, life, "other")];
  await notify(db, "a");
  await until(() => news.keys.length === 1);
  expect(other.keys).toEqual([]);
  expect(await listenerOf(db.config.database)).toHaveLength(1);
});

test("after its backend was terminated it listens again and says that something may have been missed", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const heard = await listenTo(db, life);
  const [backend] = await listenerOf(db.config.database);
  await asOwner(`SELECT pg_terminate_backend(${backend?.pid})`);
  await until(() => heard.missed === 2);
  await notify(db, "after");
  await until(() => heard.keys.includes("after"));
});

test("a hung backend is noticed by the heartbeat", async () => {
  const life = newLife();
  const { config } = await openTestDb(life);
  const db = openDbOn(life, config, "test", { heartbeat: { heartbeatMs: 100, heartbeatTimeoutMs: 300 } });
  const heard = await listenTo(db, life);
  const [backend] = await listenerOf(config.database);
  const pid = backend?.pid ?? 0;
  process.kill(pid, "SIGSTOP");
  try {
    await until(() => heard.missed === 2);
  } finally {
    process.kill(pid, "SIGCONT");
  }
});

test("a key that is none was garbled on its way: whoever waited for it is told that something was missed", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const heard = await listenTo(db, life);
  const strict = { keys: [] as string[], missed: 0 };
  await db.listen(life, {
    channels: ["news"],
    isKey: (key) => /^[a-z]+$/.test(key),
    onNotify: (key) => void strict.keys.push(key),
    onMissed: () => {
      strict.missed += 1;
    },
  });
  await notify(db, "l&st");
  await until(() => strict.missed === 2 && heard.missed === 2);
  await notify(db, "after");
  await until(() => heard.keys.includes("after"));
  expect(strict.keys).toEqual(["after"]);
});

test("10,000 notifications of a few transactions all arrive", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const heard = await listenTo(db, life);
  for (let batch = 0; batch < 4; batch += 1) {
    await db.execute("SELECT pg_notify('news', $1 || '-' || n) FROM generate_series(1, 2500) AS n", [String(batch)]);
  }
  await until(() => heard.keys.length === 10_000);
  expect(new Set(heard.keys).size).toBe(10_000);
});

test("a server that was away for 10 seconds is found again, by the pool and by the listener", async () => {
  const life = newLife();
  const server = await openRestartableServer(life);
  const db = openDbOn(life, server.config);
  const heard = await listenTo(db, life);
  await server.stop();
  await expect(db.query("SELECT 1")).rejects.toMatchObject({ code: "unavailable" });
  const awayUntil = Date.now() + 10_000;
  await until(() => Date.now() >= awayUntil, { what: "the server was away for 10 s" });
  await server.start();
  await until(() => heard.missed === 2, { timeoutMs: 30_000 });
  expect(await db.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  await notify(db, "back");
  await until(() => heard.keys.includes("back"));
});

test("a consumer that left hears nothing, the others go on", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const leaving = newLife("leaving");
  const gone = await listenTo(db, leaving);
  const stays = await listenTo(db, life);
  await leaving.stop();
  await notify(db, "a");
  await until(() => stays.keys.length === 1);
  expect(gone.keys).toEqual([]);
});
