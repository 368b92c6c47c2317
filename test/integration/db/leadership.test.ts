import { expect, test } from "@jest/globals";
import type { Life } from "../../../src/core/life.ts";
import { endClient, newClient } from "../../../src/db/client.ts";
import type { DbConfig } from "../../../src/db/config.ts";
import type { Db } from "../../../src/db/db.ts";
import type { Leader } from "../../../src/db/leader.ts";
import { testLives } from "../../helpers/life.ts";
import { asOwner, openDbOn, openTestDb, testServer } from "../../helpers/postgres.ts";
import { openTcpProxy } from "../../helpers/tcp-proxy.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

/** A candidate that records its terms. */
function campaign(db: Db, life: Life, name = "work") {
  const terms: { leader: Leader; life: Life }[] = [];
  db.lead(life, name, async (term, leader) => void terms.push({ leader, life: term }));
  return { terms, leads: () => terms.some((term) => !term.life.isStopping) };
}

const lockBackends = (database: string) =>
  asOwner<{ pid: number; application_name: string; wait_event: string }>(
    `SELECT pid, application_name, wait_event FROM pg_stat_activity WHERE datname = '${database}' AND application_name LIKE '%/locks'`,
  );

const waitsForRow = ({ wait_event }: { wait_event: string }) => wait_event === "transactionid";

test("of two candidates one leads; when it stops the other takes over with a later epoch", async () => {
  const [lifeA, lifeB] = [newLife("a"), newLife("b")];
  const dbA = await openTestDb(newLife("database"));
  const a = campaign(openDbOn(lifeA, dbA.config), lifeA);
  await until(() => a.leads());
  const b = campaign(openDbOn(lifeB, dbA.config), lifeB);
  await lifeA.stop();
  await until(() => b.leads());
  expect(a.terms).toHaveLength(1);
  expect(b.terms[0]?.leader.epoch).toBeGreaterThan(a.terms[0]?.leader.epoch ?? Number.POSITIVE_INFINITY);
});

test("a leader whose connection is lost is deposed, and the other takes over within about two seconds", async () => {
  const [lifeA, lifeB] = [newLife("a"), newLife("b")];
  const { config } = await openTestDb(newLife("database"));
  const a = campaign(openDbOn(lifeA, config, "first"), lifeA);
  await until(() => a.leads());
  const b = campaign(openDbOn(lifeB, config, "second"), lifeB);
  await until(async () => (await lockBackends(config.database)).length === 2);
  const backend = (await lockBackends(config.database)).find((row) => row.application_name === "first/locks");
  await asOwner(`SELECT pg_terminate_backend(${backend?.pid})`);
  await until(() => a.terms[0]?.life.isStopping);
  await until(() => b.leads() || a.terms.length > 1, { timeoutMs: 10_000 });
  expect(a.leads() && b.leads()).toBe(false);
});

test("a deposed leader that does not know it yet cannot write: its epoch is refused", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const a = campaign(db, life);
  await until(() => a.leads());
  const old = a.terms[0]?.leader.epoch;
  await db.execute("UPDATE leaders SET epoch = epoch + 1 WHERE name = 'work'");
  const written = await db.execute(
    "INSERT INTO central_log (id, event) SELECT gen_random_uuid(), 'x' WHERE (SELECT epoch FROM leaders WHERE name = 'work') = $1",
    [old],
  );
  expect(written).toBe(0);
});

test("a process that believes to lead while the database has another epoch ends its term, and stands again", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const a = campaign(db, life);
  await until(() => a.leads());
  await db.execute("UPDATE leaders SET epoch = epoch + 1 WHERE name = 'work'"); // as another's election would, or a garbled answer
  await until(() => a.terms.length === 2);
  expect(a.terms[0]?.life.isStopping).toBe(true);
  expect(a.terms[1]?.leader.epoch).toBe(3);
  await until(() => a.leads());
});

test("an answer that was the last word of its connection makes nobody a leader", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  await db.execute("INSERT INTO leaders (name, epoch, since) VALUES ('work', 1, now())");
  const proxy = await openTcpProxy(life, db.config);
  const late = openDbOn(life, { ...db.config, port: proxy.port }, "late");
  const { a, answers, pid } = await db.transaction(async (tx) => {
    await tx.query("SELECT FROM leaders FOR UPDATE");
    const a = campaign(late, life);
    const pid = await until(async () => (await lockBackends(db.config.database)).find(waitsForRow)?.pid);
    return { a, pid, answers: proxy.holdAnswers() };
  });
  await until(() => answers.held().includes("epoch"));
  await asOwner(`SELECT pg_terminate_backend(${pid})`);
  await until(() => answers.held().includes("57P01"));
  answers.deliver();
  await until(() => a.leads());
  expect(a.terms.map(({ leader }) => leader.epoch)).toEqual([3]);
});

test("a candidate that stops while it is being made leader does not lead, and holds nothing", async () => {
  const [life, stopped, other] = [newLife("database"), newLife("stopped"), newLife("other")];
  const db = await openTestDb(life);
  await db.execute("INSERT INTO leaders (name, epoch, since) VALUES ('work', 1, now())");
  const late = openDbOn(life, db.config, "late");
  const a = await db.transaction(async (tx) => {
    await tx.query("SELECT FROM leaders FOR UPDATE");
    const a = campaign(late, stopped);
    await until(async () => (await lockBackends(db.config.database)).some(waitsForRow));
    expect(await stopped.stop()).toEqual([]);
    return a;
  });
  const b = campaign(db, other);
  await until(() => b.leads());
  expect(a.terms).toEqual([]);
});

test("all locks of a process are on one connection", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const campaigns = ["a", "b", "c"].map((name) => campaign(db, life, name));
  await until(() => campaigns.every(({ leads }) => leads()));
  expect(await lockBackends(db.config.database)).toHaveLength(1);
});

test("a term ends before the lock is free for others", async () => {
  const [lifeA, lifeB] = [newLife("a"), newLife("b")];
  const { config } = await openTestDb(newLife("database"));
  const order: string[] = [];
  openDbOn(lifeA, config).lead(lifeA, "work", async (term) => {
    order.push("a leads");
    term.defer("work under way", async () => void order.push("a ended"));
  });
  await until(() => order.includes("a leads"));
  openDbOn(lifeB, config).lead(lifeB, "work", async () => void order.push("b leads"));
  await lifeA.stop();
  await until(() => order.includes("b leads"));
  expect(order).toEqual(["a leads", "a ended", "b leads"]);
});

/** Candidates whose process a test can freeze: what they say no longer reaches the database, though their connection is open. */
async function openFreezable(life: Life, config: DbConfig) {
  const proxy = await openTcpProxy(life, config);
  const db = openDbOn(life, { ...config, port: proxy.port, leaderSilenceSeconds: 3 }, "frozen");
  return { db, freeze: () => proxy.fault("freeze", Math.random), thaw: () => proxy.heal() };
}

test("a leader that is frozen loses its lock to a replica that waits, and cannot write when it thaws", async () => {
  const [lifeA, lifeB] = [newLife("a"), newLife("b")];
  const { config } = await openTestDb(newLife("database"));
  const frozen = await openFreezable(lifeA, config);
  const a = campaign(frozen.db, lifeA);
  await until(() => a.leads());
  const b = campaign(openDbOn(lifeB, { ...config, leaderSilenceSeconds: 3 }), lifeB);
  await frozen.freeze();
  await until(() => b.leads());
  const old = a.terms[0]?.leader;
  await frozen.thaw();
  const written = await old?.write(
    (isLeading) =>
      `INSERT INTO central_log (id, event) SELECT gen_random_uuid(), 'x' WHERE ${isLeading} RETURNING event`,
  );
  expect(written).toEqual([]);
  await until(() => !a.leads());
  expect(b.leads()).toBe(true);
});

test("a leader of the release before, which says no word, is not ended", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const old = newClient({ ...testServer(), database: db.config.database });
  await old.connect();
  life.defer("old leader", () => endClient(old));
  await old.query("SELECT pg_advisory_lock(hashtextextended('work', 0))");
  await old.query(
    "INSERT INTO leaders (name, epoch, since, seen) VALUES ('work', 7, now() - interval '1 hour', now() - interval '2 hours')",
  );
  const a = campaign(openDbOn(life, { ...db.config, leaderSilenceSeconds: 3 }), life);
  const tried = campaign(openDbOn(life, db.config), life, "other");
  await until(() => tried.leads());
  await until(async () => (await lockBackends(db.config.database)).length === 2);
  expect((await old.query("SELECT 1 AS alive")).rows).toEqual([{ alive: 1 }]);
  expect(a.terms).toEqual([]);
  await endClient(old);
  await until(() => a.leads());
});

test("a transaction of a process that froze within it does not hold its locks for ever", async () => {
  const db = await openTestDb(newLife());
  const [row] = await db.query<{ is: string }>("SELECT current_setting('idle_in_transaction_session_timeout') AS is");
  expect(row?.is).toBe("10s");
});

/** Of two candidates the first leads. */
async function openTwo(unfit: { a: boolean; b: boolean }) {
  const { config } = await openTestDb(newLife("database"));
  const candidate = async (name: "a" | "b") => {
    const life = newLife(name);
    const terms: Leader[] = [];
    const db = openDbOn(life, config, name);
    const lives: Life[] = [];
    db.lead(
      life,
      { name: "work", unfit: () => (unfit[name] ? "a test wants it so" : undefined) },
      async (term, leader) => {
        terms.push(leader);
        lives.push(term);
      },
    );
    return { terms, leads: () => lives.some((term) => !term.isStopping) };
  };
  const a = await candidate("a");
  await until(() => a.leads());
  return { a, b: await candidate("b") };
}

test("a leader that is unfit lets a fit replica lead, and takes over again from one that is unfit", async () => {
  const unfit = { a: false, b: false };
  const { a, b } = await openTwo(unfit);
  unfit.a = true;
  await until(() => b.leads());
  expect(a.leads()).toBe(false);
  unfit.a = false;
  unfit.b = true;
  await until(() => a.leads());
  expect(b.leads()).toBe(false);
});

test("where all are unfit, one goes on leading", async () => {
  const unfit = { a: true, b: true };
  const { a, b } = await openTwo(unfit);
  unfit.b = false;
  await until(() => b.leads());
  unfit.b = true;
  const since = b.terms.length;
  const third = { a: a.terms.length };
  const endsAt = Date.now() + 3_000;
  await until(() => Date.now() > endsAt);
  expect([a.terms.length, b.terms.length, b.leads()]).toEqual([third.a, since, true]);
});
