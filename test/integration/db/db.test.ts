import { expect, test } from "@jest/globals";
import { PG_MIGRATE_LOCK_ID } from "node-pg-migrate";
import { openMetrics } from "../../../src/core/metrics.ts";
import { endClient, newClient } from "../../../src/db/client.ts";
import { sqlState } from "../../../src/db/db.ts";
import { migrate } from "../../../src/db/migrate.ts";
import { testLives } from "../../helpers/life.ts";
import { keptLog } from "../../helpers/log.ts";
import { asOwner, createTestDatabase, openDbOn, openTestDb, testServer } from "../../helpers/postgres.ts";
import { openTcpProxy, seeded } from "../../helpers/tcp-proxy.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

test("a moment at infinity, which SQL alone writes, made every answer fail in which it was: it is the first or the last one", async () => {
  const db = await openTestDb(newLife());
  const texts = ["infinity", "-infinity", "12345-01-01", "0044-03-15 BC", "2030-01-02 03:04:05.678"];
  const rows = await db.query<{ time: Date }>("SELECT unnest($1::timestamp[]) AS time", [texts]);
  expect(rows.map(({ time }) => time.toISOString())).toEqual([
    "9999-12-31T00:00:00.000Z",
    "0001-01-01T00:00:00.000Z",
    "9999-12-31T00:00:00.000Z",
    "0001-01-01T00:00:00.000Z",
    "2030-01-02T03:04:05.678Z",
  ]);
});

test("a TIMESTAMP without zone is UTC in both directions, whatever TZ says", async () => {
  const db = await openTestDb(newLife());
  const time = new Date("2026-07-01T12:34:56.789Z");
  const [row] = await db.query<{ time: Date; text: string; now_is_utc: boolean }>(
    "INSERT INTO central_log (id, event, time) VALUES (gen_random_uuid(), 'x', $1) RETURNING time, time::text AS text, abs(extract(epoch FROM (now()::timestamp - (now() AT TIME ZONE 'UTC')))) < 1 AS now_is_utc",
    [time],
  );
  expect(row?.text).toBe("2026-07-01 12:34:56.789");
  expect(row?.time).toEqual(time);
  expect(row?.now_is_utc).toBe(true);
});

test("a transaction is all or nothing", async () => {
  const db = await openTestDb(newLife());
  const add = (name: string) => ["INSERT INTO server_settings (name, value) VALUES ($1, 'x')", [name]] as const;
  const failing = db.transaction(async (tx) => {
    await tx.execute(...add("a"));
    await tx.execute(...add("a"));
  });
  await expect(failing.catch(sqlState)).resolves.toBe("23505");
  expect(await db.query("SELECT name FROM server_settings")).toEqual([]);
  await db.transaction(async (tx) => void (await tx.execute(...add("b"))));
  expect(await db.query("SELECT name FROM server_settings")).toEqual([{ name: "b" }]);
});

test("a database whose disk was full counted as one that cannot be reached, and no log said why", async () => {
  const life = newLife();
  const { log, lines } = keptLog();
  const db = openDbOn(life, await createTestDatabase(life), "test", { log });
  const full = "DO $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$";
  const words = { code: "unavailable", message: expect.stringMatching(/no room left on its disk.*administrator/) };
  await expect(db.execute(full)).rejects.toMatchObject(words);
  await expect(db.transaction((tx) => tx.execute(full))).rejects.toMatchObject(words);
  expect(lines).toMatchObject([{ level: "warn", fields: { code: "53100", reason: "no space left on device" } }]); // once
  expect(await db.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("a connection that is lost between two statements of a transaction fails it, and not the process", async () => {
  const db = await openTestDb(newLife());
  const lost = db.transaction(async (tx) => {
    const [row] = await tx.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    await db.query("SELECT pg_terminate_backend($1)", [row?.pid]);
    await until(async () => (await db.query("SELECT FROM pg_stat_activity WHERE pid = $1", [row?.pid])).length === 0);
    await tx.query("SELECT 1");
  });
  await expect(lost).rejects.toMatchObject({ code: "unavailable" });
  await expect(db.transaction((tx) => tx.query("SELECT 1 AS one"))).resolves.toEqual([{ one: 1 }]);
});

test("a connection that the server ends while it is being handed out fails a statement, and not the process", async () => {
  const life = newLife();
  const config = await createTestDatabase(life);
  const proxy = await openTcpProxy(life, config);
  const db = openDbOn(life, { ...config, port: proxy.port, poolSize: 1, leaderSilenceSeconds: 10 });
  const [row] = await db.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const answers = proxy.holdAnswers();
  const query = db.query("SELECT 'it was answered' AS words");
  const failed = expect(db.transaction((tx) => tx.query("SELECT 1"))).rejects.toMatchObject({ code: "unavailable" });
  await until(() => answers.held().includes("it was answered"));
  await asOwner(`SELECT pg_terminate_backend(${row?.pid})`);
  await until(() => answers.held().includes("57P01"));
  answers.deliver(); // the answer and the end in one piece: the transaction is given the connection between the two
  expect(await query).toEqual([{ words: "it was answered" }]);
  await failed;
  expect(await db.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("a server that hangs holds no statement for ever, and a transaction on it is over with the first of them", async () => {
  const life = newLife();
  const config = await createTestDatabase(life);
  const proxy = await openTcpProxy(life, config);
  const metrics = openMetrics({ defaults: false });
  const db = openDbOn(life, { ...config, port: proxy.port, poolSize: 1 }, "test", { statementMs: 300, metrics });
  const unavailable = expect.objectContaining({ code: "unavailable" });
  const transaction = db.transaction(async (tx) => {
    await tx.query("SELECT 1");
    proxy.hang();
    await expect(tx.query("SELECT 1")).rejects.toEqual(unavailable);
    await until(async () => (await metrics.metrics()).includes("connections_lost_total 1"), {
      what: "the connection is ended while the transaction goes on",
    });
    await tx.query("SELECT 1");
  });
  await expect(transaction).rejects.toEqual(unavailable);
  proxy.resume();
  expect(await db.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  proxy.hangOpen();
  await expect(db.query("SELECT 1")).rejects.toEqual(unavailable);
  expect(await db.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  expect(await metrics.metrics()).toContain("connections_lost_total 2");
});

test("a transaction that stands still behind a frozen network until the server ends it could not reach the database, in words", async () => {
  const life = newLife();
  const config = await createTestDatabase(life);
  const proxy = await openTcpProxy(life, config);
  const db = openDbOn(life, { ...config, port: proxy.port, poolSize: 1 });
  const transaction = db.transaction(async (tx) => {
    const [row] = await tx.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    await tx.execute("SET LOCAL idle_in_transaction_session_timeout = '100ms'");
    await proxy.fault("freeze", seeded(0));
    const answer = tx.query("SELECT 1").catch((error: unknown) => error);
    await until(async () => (await asOwner(`SELECT FROM pg_stat_activity WHERE pid = ${row?.pid}`)).length === 0);
    await proxy.heal();
    throw await answer;
  });
  await expect(transaction).rejects.toMatchObject({ code: "unavailable", cause: { code: "25P03" } });
  expect(await db.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("stopping does not wait for a server that hangs", async () => {
  const life = newLife();
  const config = await createTestDatabase(life);
  openDbOn(life, config).lead(life, "led by others", async () => {});
  const proxy = await openTcpProxy(life, config);
  const part = newLife("part");
  const db = openDbOn(part, { ...config, port: proxy.port });
  db.lead(part, "led by others", async () => {});
  const led = ["a", "b", "c"].map((name) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    db.lead(part, name, async () => resolve());
    return promise;
  });
  await Promise.all(led);
  const listening = Promise.withResolvers<void>();
  await db.listen(part, { channels: ["news"], onNotify: () => {}, onMissed: listening.resolve });
  await listening.promise;
  await db.query("SELECT 1");
  proxy.hang();
  expect(await part.stop({ deadlineMs: 8_000 })).toEqual([]);
});

test("a migration whose connection the server ends fails in words, and does not end the process", async () => {
  const life = newLife();
  const config = await createTestDatabase(life);
  const first = newClient({ ...testServer(), database: config.database });
  life.defer("lock", () => endClient(first));
  await first.connect();
  await first.query(`SELECT pg_advisory_lock(${PG_MIGRATE_LOCK_ID})`);
  const failed = expect(migrate(config)).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("terminating"),
  });
  const waitingPid = () =>
    asOwner<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = '${config.database}' AND application_name = 'migrate' AND wait_event = 'advisory'`,
    );
  const [backend] = await until(async () => ((rows) => rows.length > 0 && rows)(await waitingPid()));
  await asOwner(`SELECT pg_terminate_backend(${backend?.pid})`);
  await failed;
});

test("a migration has left the server when it says that it is done", async () => {
  const life = newLife();
  const config = await createTestDatabase(life);
  await migrate(config);
  const left = await asOwner(
    `SELECT FROM pg_stat_activity WHERE datname = '${config.database}' AND application_name = 'migrate'`,
  );
  expect(left).toEqual([]);
});

test("a server that cannot be reached is an error in words", async () => {
  const life = newLife();
  const db = openDbOn(life, { ...(await createTestDatabase(life)), port: 1 });
  await expect(db.query("SELECT 1")).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("cannot be reached"),
  });
});

test("many replicas may migrate an empty database at once", async () => {
  const life = newLife();
  const database = `migrate_${process.pid}`;
  await asOwner(`CREATE DATABASE ${database}`);
  life.defer("database", async () => void (await asOwner(`DROP DATABASE ${database} WITH (FORCE)`)));
  const config = {
    ...testServer(),
    database,
    passwordFile: undefined,
    ssl: "disable" as const,
    poolSize: 1,
    leaderSilenceSeconds: 10,
  };
  const done = await Promise.all([migrate(config), migrate(config), migrate(config), migrate(config)]);
  expect(done.filter((names) => names.length > 0)).toHaveLength(1);
  expect(await migrate(config)).toEqual([]);
});

test("a change of a project notifies with its key and nothing else", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const heard: string[] = [];
  const ready = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  await db.listen(life, {
    channels: ["projects_action_request", "projects_state", "projects_users"],
    onNotify: (key, channel) => {
      heard.push(`${channel} ${key}`);
      if (channel === "projects_state") done.resolve();
    },
    onMissed: ready.resolve,
  });
  await ready.promise;
  const id = "6f1ad6ab-0000-4000-8000-000000000001";
  await db.execute("INSERT INTO projects (project_id, users) VALUES ($1, '{}')", [id]);
  await db.execute(`UPDATE projects SET action_request = '{"action":"start","time":"t"}' WHERE project_id = $1`, [id]);
  await db.execute("UPDATE projects SET title = 'nothing of interest', users = users WHERE project_id = $1", [id]);
  await db.execute(`UPDATE projects SET state = '{"state":"starting"}' WHERE project_id = $1`, [id]);
  await done.promise;
  expect(heard).toEqual([`projects_users ${id}`, `projects_action_request ${id}`, `projects_state ${id}`]);
});

test("what is written of an account wakes nobody unless it changes what hubs look at", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const heard: string[] = [];
  const ready = Promise.withResolvers<void>();
  await db.listen(life, { channels: ["accounts"], onNotify: (key) => void heard.push(key), onMissed: ready.resolve });
  await ready.promise;
  const [quiet, loud] = ["6f1ad6ab-0000-4000-8000-000000000001", "6f1ad6ab-0000-4000-8000-000000000002"];
  await db.execute("INSERT INTO accounts (account_id) VALUES ($1), ($2)", [quiet, loud]);
  const write = (accountId: string, what: string) =>
    db.execute(`UPDATE accounts SET ${what} WHERE account_id = $1`, [accountId]);
  await write(quiet, `editor_settings = '{"theme":"dark"}', other_settings = '{}', last_active = now()`);
  await write(quiet, "first_name = first_name, groups = groups, banned = banned, password_hash = 'another'");
  const changes = [
    "banned = true",
    "deleted = true",
    "groups = '{admin}'",
    "first_name = 'Ada'",
    "last_name = 'L.'",
    "email_address = 'ada@example.org'",
    `email_address_verified = '{"ada@example.org":"2030-01-01"}'`,
    `profile = '{"color":"red"}'`,
  ];
  for (const change of changes) await write(loud, change);
  await until(() => heard.length >= changes.length);
  expect(heard).toEqual(changes.map(() => loud));
});

test("the projects of an account are found without wading through those that were written lately", async () => {
  const db = await openTestDb(newLife());
  await db.execute(
    `INSERT INTO projects (project_id, users)
     SELECT gen_random_uuid(), jsonb_build_object(gen_random_uuid(), '{"group":"owner"}'::jsonb) FROM generate_series(1, 5000)`,
  );
  const plan = await db.transaction(async (tx) => {
    await tx.execute("SET LOCAL enable_seqscan = off");
    return tx.query("EXPLAIN (ANALYZE, BUFFERS) SELECT project_id FROM projects WHERE users ? 'nobody'");
  });
  const pages = Number(/Buffers: shared hit=(\d+)/.exec(JSON.stringify(plan))?.[1]);
  expect(pages).toBeLessThan(20); // a few levels of a tree
});
