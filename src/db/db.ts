/** The database of a process: one pool, one LISTEN connection, one connection for all advisory locks, each opened when first used. */

import pg from "pg";
import { AppError, codeOf, isAppError, isError, messageOf } from "../core/errors.ts";
import type { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import { counter, gauge, type Metrics } from "../core/metrics.ts";
import { Recently } from "../core/recently.ts";
import { clientClass, destroySocket, type OnLost } from "./client.ts";
import { connectionOptions, type DbConfig } from "./config.ts";
import { Leader } from "./leader.ts";
import { type Candidacy, Leadership } from "./leadership.ts";
import { type Heartbeat, Listener, type Subscription } from "./listener.ts";
import { columnTypes } from "./types.ts";

/** Whatever runs SQL: the pool, or a transaction. Parameters are always bound ($1, $2 …). */
export interface Queryable {
  /**
   * All rows. `statement` names a statement that is planned once per connection, where planning is what costs; a name stands for one SQL text.
   * @throws AppError `unavailable` when the server cannot be reached.
   */
  query<Row>(sql: string, values?: readonly unknown[], statement?: string): Promise<Row[]>;
  /** How many rows were written. */
  execute(sql: string, values?: readonly unknown[]): Promise<number>;
}

export type Transaction = Queryable;

export interface DbParts {
  config: DbConfig;
  log: Logger;
  metrics: Metrics;
  /** Shown in pg_stat_activity, with `/listen` or `/locks` after it for the special connections. */
  applicationName: string;
  /** Of the LISTEN connection; tests make it quick. */
  heartbeat?: Heartbeat;
  /** How long a statement may take; tests make it short. */
  statementMs?: number;
}

/** Less than proxies wait: people are told by us that the database hangs. */
const STATEMENT_MS = 30_000;
const ROLLBACK_MS = 5_000;
/** What a statement was prepared as, or a session set to, may have been garbled on its way: no connection keeps that for ever. */
const LIFETIME_SECONDS = 600;

export class Db implements Queryable {
  readonly #pool: pg.Pool;
  readonly #translate: Translate;
  readonly #listener: Listener;
  readonly #leadership: Leadership;

  constructor(life: Life, parts: DbParts) {
    const { config, applicationName, log, metrics } = parts;
    const onLost = countLost(metrics);
    this.#translate = translator(log);
    this.#pool = new pg.Pool({
      ...connectionOptions(config, applicationName),
      Client: clientClass(onLost),
      max: config.poolSize,
      idleTimeoutMillis: 30_000,
      query_timeout: parts.statementMs ?? STATEMENT_MS,
      maxLifetimeSeconds: LIFETIME_SECONDS,
      types: columnTypes,
    });
    this.#pool.on("error", (error) => log.warn({ reason: messageOf(error) }, "an idle database connection broke"));
    this.#pool.on("release", (error, client) => {
      if (error && isTrouble(error)) onLost(error, client); // one that hangs is given up without an error of its own
    });
    watchPool(this.#pool, metrics);
    life.defer("database pool", () => this.#pool.end());
    this.#listener = new Listener(life, {
      connection: connectionOptions(config, `${applicationName}/listen`),
      onLost,
      log,
      metrics,
      heartbeat: parts.heartbeat,
    });
    this.#leadership = new Leadership(life, {
      connection: connectionOptions(config, `${applicationName}/locks`),
      onLost,
      silentSeconds: config.leaderSilenceSeconds,
      log,
      metrics,
    });
  }

  async query<Row>(sql: string, values: readonly unknown[] = [], statement?: string): Promise<Row[]> {
    return (await this.#run(sql, values, statement)).rows as Row[]; // the caller states the row of its own SQL
  }

  async execute(sql: string, values: readonly unknown[] = []): Promise<number> {
    return (await this.#run(sql, values)).rowCount ?? 0;
  }

  async #run(sql: string, values: readonly unknown[], statement?: string): Promise<pg.QueryResult> {
    return await run(this.#pool, { sql, values, statement }, this.#translate);
  }

  /** Runs `act` in one transaction: committed when it resolves, rolled back when it throws. */
  async transaction<T>(act: (tx: Transaction) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw this.#translate(error);
    });
    try {
      const tx = transactionOn(client, this.#translate);
      await tx.execute("BEGIN");
      const result = await act(tx);
      await tx.execute("COMMIT");
      client.release();
      return result;
    } catch (error) {
      await rollBack(client);
      throw error;
    }
  }

  /**
   * Listens until the life ends. `onMissed` is called after every (re)connection: anything may have happened before, so reread.
   * Handlers must not throw; they should only enqueue keys.
   */
  listen(life: Life, subscription: Subscription): Promise<void> {
    return this.#listener.subscribe(life, subscription);
  }

  /**
   * Keeps trying to hold the advisory lock `name` until the life ends; whenever it is held, `lead` is called with a life that ends when
   * the lock is lost, or given to a replica that is fit by one that is not. At most one process leads, but a deposed one may not know it
   * yet: it writes by `leader.write`.
   */
  lead(life: Life, candidacy: string | Candidacy, lead: (term: Life, leader: Leader) => Promise<void>): void {
    const run = <Row>(sql: string, values: readonly unknown[], statement?: string) =>
      this.query<Row>(sql, values, statement);
    const candidate = typeof candidacy === "string" ? { name: candidacy } : candidacy;
    this.#leadership.campaign(life, candidate, (term, elected) => lead(term, new Leader(run, elected)));
  }
}

interface Runner {
  query(query: pg.QueryConfig): Promise<pg.QueryResult>;
}

interface Statement {
  sql: string;
  values: readonly unknown[];
  /** The name under which it is planned once. */
  statement?: string | undefined;
}

async function run(runner: Runner, asked: Statement, translate: Translate): Promise<pg.QueryResult> {
  const { sql, values, statement: name } = asked;
  try {
    return await runner.query({ text: sql, values: [...values], ...(name !== undefined && { name }) });
  } catch (error) {
    throw translate(error);
  }
}

/** Statements on one connection. One that is in trouble is ended at once: what is asked of it later would only wait behind what hangs. */
function transactionOn(client: pg.PoolClient, translate: Translate): Transaction {
  const ask = async (sql: string, values: readonly unknown[], statement?: string) => {
    try {
      return await run(client, { sql, values, statement }, translate);
    } catch (error) {
      if (isAppError(error, "unavailable")) destroySocket(client);
      throw error;
    }
  };
  return {
    async query<Row>(sql: string, values: readonly unknown[] = [], statement?: string) {
      return (await ask(sql, values, statement)).rows as Row[]; // the caller states the row of its own SQL
    },
    async execute(sql: string, values: readonly unknown[] = []) {
      return (await ask(sql, values)).rowCount ?? 0;
    },
  };
}

async function rollBack(client: pg.PoolClient): Promise<void> {
  try {
    await client.query({ text: "ROLLBACK", query_timeout: ROLLBACK_MS } as pg.QueryConfig); // not in its types
    client.release();
  } catch (error) {
    client.release(isError(error) ? error : true); // the connection is of no more use: close it
  }
}

/** Connection trouble becomes `unavailable`; what PostgreSQL says of a statement stays a `pg.DatabaseError`. */
type Translate = (error: unknown) => unknown;

/** What keeps a server that is there from serving is in its own log alone, so ours says it too, now and then. */
const SAID_AGAIN_MS = 10_000;

function translator(log: Logger): Translate {
  const said = new Recently({ ttlMs: SAID_AGAIN_MS, max: 100 });
  return (error) => {
    if (error instanceof AppError || !isTrouble(error)) return error;
    const code = codeOf(error);
    if (LACKS.test(code) && said.add(code))
      log.warn({ code, reason: messageOf(error) }, "the database lacks room, memory or connections");
    const words =
      code === DISK_FULL
        ? "The database has no room left on its disk, so nothing can be changed; tell your administrator."
        : "The database cannot be reached; try again in a moment.";
    return new AppError("unavailable", words, { cause: error, retryAfterSeconds: 2 });
  };
}

/** SQLSTATE class *insufficient resources*. */
const LACKS = /^53/;
const DISK_FULL = "53100";

/** The connection's, or the server's as a whole: no word about the statement. */
function isTrouble(error: unknown): boolean {
  const code = codeOf(error);
  if (/^(08|57P|53|25P0[34])/.test(code)) return true; // 25P03, 25P04: it ended a session whose transaction stood still, or took too long
  if (error instanceof pg.DatabaseError) return false;
  const isNetwork = /^E[A-Z]+/.test(code);
  const isDriver = /timeout|terminated|Connection|not queryable/i.test(messageOf(error));
  const isGarbledValue = isError(error) && error.name === "SyntaxError"; // JSON of the server's that is none
  return isNetwork || isDriver || isGarbledValue;
}

/** Counts each connection once, however often its loss is told. */
function countLost(metrics: Metrics): OnLost {
  const lost = counter(metrics, {
    name: "cocalc_db_connections_lost_total",
    help: "Database connections that broke: ended by others, hung, or garbled.",
  });
  const counted = new WeakSet<pg.ClientBase>();
  return (_why, client) => {
    if (!counted.has(client)) lost.inc();
    counted.add(client);
  };
}

/** SQLSTATE of a row that would be a second one. */
export const VIOLATES_UNIQUE = "23505";

/** SQLSTATE of a failed statement, such as `VIOLATES_UNIQUE`; undefined for anything else. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

function watchPool(pool: pg.Pool, metrics: Metrics): void {
  const connections = gauge(metrics, {
    name: "cocalc_db_pool_connections",
    help: "Connections of the pool, by what they do.",
    labels: ["use"],
  });
  const update = () => {
    connections.set({ use: "idle" }, pool.idleCount);
    connections.set({ use: "busy" }, pool.totalCount - pool.idleCount);
    connections.set({ use: "waited for" }, pool.waitingCount);
  };
  pool.on("acquire", update);
  pool.on("release", update);
  pool.on("remove", update);
}
