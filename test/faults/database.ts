/** One fault on all connections of two processes to their database, and what has to hold afterwards: pool, listener and leadership. */

import { expect } from "@jest/globals";
import { isAppError } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import { openMetrics } from "../../src/core/metrics.ts";
import type { DbConfig } from "../../src/db/config.ts";
import type { Db } from "../../src/db/db.ts";
import type { Leader } from "../../src/db/leader.ts";
import { openDbOn } from "../helpers/postgres.ts";
import { openTcpProxy, seeded } from "../helpers/tcp-proxy.ts";
import { openTlsFront } from "../helpers/tls-front.ts";
import { until } from "../helpers/until.ts";
import { askEveryMs, askOn, befall, type Fault, PATIENCE_MS } from "./fault.ts";

/** Time-outs for faults of a second or two; without them those of the product hold. */
export const QUICK = { heartbeat: { heartbeatMs: 200, heartbeatTimeoutMs: 700 }, statementMs: 3_000 };

export type Wire = "plain" | "TLS";

interface Site {
  /** A database of its own, reached by no faulty way. */
  direct: Db & { config: DbConfig };
  wire: Wire;
  timeouts?: Partial<typeof QUICK>;
}

/** Two processes that reach the database by way of faults. */
async function openSite(life: Life, { direct, wire, timeouts = {} }: Site) {
  const isTls = wire === "TLS";
  const server = isTls ? await openTlsFront(life, direct.config) : direct.config;
  const faulty = await openTcpProxy(life, server);
  const config = {
    ...direct.config,
    host: "127.0.0.1", // of the proxy, wherever the server is
    port: faulty.port,
    poolSize: 4,
    ssl: isTls ? "require" : "disable",
  } as const;
  const processes = ["one", "other"].map((name) => {
    const metrics = openMetrics({ defaults: false });
    const db = openDbOn(life, config, name, { ...timeouts, metrics });
    const lost = async () => Number(/connections_lost_total (\d+)/.exec(await metrics.metrics())?.[1]);
    return { db, lost, ...campaign(db, life) };
  });
  await direct.execute("CREATE TABLE pairs (n integer)");
  return { faulty, processes };
}

/** A candidate that records its terms. */
function campaign(db: Db, life: Life) {
  const terms: { leader: Leader; life: Life }[] = [];
  db.lead(life, "work", async (term, leader) => void terms.push({ leader, life: term }));
  return { terms, leads: () => terms.some((term) => !term.life.isStopping) };
}

const write = (leader: Leader) =>
  leader.write((isLeading) => `INSERT INTO pairs SELECT 0 FROM generate_series(1, 2) WHERE ${isLeading} RETURNING n`);

/** What a consumer was told, in its order: keys, and that it missed some. */
async function listenTo(db: Db, life: Life) {
  const heard: (number | "missed")[] = [];
  await db.listen(life, {
    channels: ["news"],
    onNotify: (key) => void heard.push(Number(key)),
    onMissed: () => void heard.push("missed"),
  });
  await until(() => heard.includes("missed"));
  return heard;
}

/** Asks and writes all the while; keeps what was answered. */
function askAll(life: Life, db: Db, everyMs: number) {
  const told = { answered: 0, wrong: 0, surprises: [] as unknown[] };
  const keep = (ask: (n: number) => Promise<boolean>) => (signal: AbortSignal) => {
    let n = 0;
    return askOn(signal, everyMs, async () => {
      n += 1;
      try {
        if (!(await ask(n))) told.wrong += 1;
        told.answered += 1;
      } catch (error) {
        if (!isAppError(error, "unavailable")) told.surprises.push(error);
      }
    });
  };
  const question = async (n: number) => (await db.query<{ n: number }>("SELECT $1::int AS n", [n]))[0]?.n === n;
  const pair = (n: number) =>
    db.transaction(async (tx) => {
      for (const _half of [1, 2]) await tx.execute("INSERT INTO pairs VALUES ($1)", [n]);
      return true;
    });
  life.run("reader", keep(question));
  life.run(
    "named reader",
    keep(async (n) => (await db.query("SELECT $1::int AS n", [n], "named")).length === 1),
  );
  life.run("writer", keep(pair));
  return told;
}

/** Notifies with 1, 2, 3 … until it is stopped. */
function notifyAll(life: Life, direct: Db, everyMs: number) {
  const sent = { last: 0 };
  const next = () => {
    sent.last += 1;
    return direct.execute("SELECT pg_notify('news', $1)", [String(sent.last)]);
  };
  life.run("notifier", (signal) => askOn(signal, everyMs, async () => void (await next())));
  return { sent, next };
}

/** Connections of the two processes, as the server counts them: for the pools, for what is listened to, for locks. */
async function backends(direct: Db): Promise<number> {
  const [row] = await direct.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND application_name ~ '^(one|other)(/|$)'`,
  );
  return row?.count ?? 0;
}

/** Keys that were left out after the last time that something was said to be missed. */
function silentGaps(heard: readonly (number | "missed")[]): number[] {
  const last = heard.slice(heard.lastIndexOf("missed") + 1).map(Number);
  return last.filter((key, at) => at > 0 && key !== Number(last[at - 1]) + 1);
}

/** Asks, writes and notifies while the fault befalls the connections, and waits until all works again: what is lost is told, and lost connections are counted. */
export async function outliveDatabaseFault(life: Life, site: Site, fault: Fault): Promise<void> {
  const { direct, wire } = site;
  const { faulty, processes } = await openSite(life, site);
  const [{ db, lost }] = processes as [(typeof processes)[0]];
  const heard = await listenTo(db, life);
  await until(() => processes.some(({ leads }) => leads()));
  const [askers, notifiers] = [life.child("askers"), life.child("notifiers")];
  const told = askAll(askers, db, askEveryMs(fault));
  const { sent, next } = notifyAll(notifiers, direct, askEveryMs(fault));
  await until(() => told.answered > 20);
  await until(async () => (await backends(direct)) === faulty.open, { what: "all connections go by way of the proxy" });

  await befall(faulty, fault, { random: seeded(fault.seed) });
  expect(await askers.stop({ deadlineMs: PATIENCE_MS })).toEqual([]);

  for (let n = 0; n < 8; n += 1) {
    await until(() => db.query("SELECT 1").catch(() => false), {
      timeoutMs: PATIENCE_MS,
      what: "the pool reaches the server again",
    });
    await until(() => db.transaction((tx) => tx.query("SELECT 1")).catch(() => false), { timeoutMs: PATIENCE_MS });
  }
  await until(
    async () => {
      const [leading, ...more] = processes.filter(({ leads }) => leads());
      const leader = leading?.terms.at(-1)?.leader;
      return leader !== undefined && more.length === 0 && (await write(leader).catch(() => [])).length === 2;
    },
    { timeoutMs: PATIENCE_MS, what: "exactly one leads, and its writes are taken" },
  );
  expect(await notifiers.stop()).toEqual([]);
  await until(
    async () => {
      await next(); // what was sent while nothing listened is never heard, and told of as missed
      return heard.includes(sent.last);
    },
    { timeoutMs: PATIENCE_MS, what: "notifications are heard again" },
  );
  if (fault.kind !== "delay") expect(await lost()).toBeGreaterThan(0);
  if (fault.kind === "corruption" && wire === "plain") return; // a garbled value in a whole message cannot be told
  await until(() => silentGaps(heard).length === 0, { what: "all that was not heard is said to be missed" });
  expect(told).toMatchObject({ wrong: 0, surprises: [] });
  expect(await direct.query("SELECT n FROM pairs GROUP BY n HAVING count(*) % 2 = 1")).toEqual([]);
}
