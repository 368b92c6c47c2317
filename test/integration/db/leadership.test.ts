import { expect, test } from "@jest/globals";
import type { Life } from "../../../src/core/life.ts";
import type { Db } from "../../../src/db/db.ts";
import type { Leader } from "../../../src/db/leadership.ts";
import { testLives } from "../../helpers/life.ts";
import { asOwner, openDbOn, openTestDb } from "../../helpers/postgres.ts";
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
