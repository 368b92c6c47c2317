/** Leadership by advisory lock: all locks of a process on one dedicated connection, each term with an epoch that fences its writes. */

import type pg from "pg";
import { Backoff } from "../core/backoff.ts";
import { sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import { gauge, type Metrics } from "../core/metrics.ts";
import { Connection } from "./connection.ts";
import { columnTypes } from "./types.ts";

export interface Leader {
  name: string;
  /** Grows with every term of this name; a write of an older epoch must be refused (see `leaders` in the schema). */
  epoch: number;
}

/** For the WHERE of a leader's write, whose parameters begin with `leader.name` and `leader.epoch`: nobody was elected since. */
export const FENCE = "(SELECT epoch FROM leaders WHERE name = $1) = $2";

type Lead = (term: Life, leader: Leader) => Promise<void>;

interface Candidate {
  name: string;
  lead: Lead;
  life: Life;
  term: { life: Life; leader: Leader } | undefined;
}

interface LeadershipParts {
  connection: pg.ClientConfig;
  log: Logger;
  metrics: Metrics;
}

const TRY_EVERY_MS = 1_000;

/**
 * States of the connection: unused → connecting ⇄ campaigning. While campaigning every candidate without a term tries its lock about once a
 * second (`pg_try_advisory_lock` on hashtextextended(name)); the same round trip proves the connection alive to those that lead. When the
 * connection is gone every term ends first, and only then a new connection is made: the server has freed the locks.
 */
export class Leadership {
  readonly #parts: LeadershipParts;
  readonly #life: Life;
  readonly #candidates = new Set<Candidate>();
  readonly #leading;
  #started = false;
  #wake = Promise.withResolvers<void>();

  constructor(life: Life, parts: LeadershipParts) {
    this.#life = life;
    this.#parts = parts;
    this.#leading = gauge(parts.metrics, {
      name: "cocalc_leader",
      help: "1 while this process leads.",
      labels: ["name"],
    });
  }

  /** Campaigns for `name` until the life ends. */
  campaign(life: Life, name: string, lead: Lead): void {
    const candidate: Candidate = { name, lead, life, term: undefined };
    this.#candidates.add(candidate);
    life.defer(`leadership of ${name}`, async () => {
      this.#candidates.delete(candidate);
      await this.#endTerm(candidate);
    });
    this.#wake.resolve();
    if (this.#started) return;
    this.#started = true;
    this.#life.run("leadership", (signal) => this.#keepCampaigning(signal));
  }

  async #keepCampaigning(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff({ firstMs: 200, maxMs: 2_000 });
    while (!signal.aborted) {
      try {
        await this.#campaignOnce(signal, backoff);
      } catch (error) {
        if (!signal.aborted) this.#parts.log.warn({ reason: messageOf(error) }, "the connection for locks is down");
      }
      if (!signal.aborted) await sleep(backoff.next(), signal);
    }
  }

  async #campaignOnce(signal: AbortSignal, backoff: Backoff): Promise<void> {
    const connection = new Connection({ ...this.#parts.connection, query_timeout: 5_000, types: columnTypes });
    try {
      await Promise.race([connection.connect(), connection.lost]);
      backoff.reset();
      await Promise.race([this.#rounds(connection, signal), connection.lost]);
    } finally {
      await Promise.all([...this.#candidates].map((candidate) => this.#endTerm(candidate)));
      await connection.end();
    }
  }

  async #rounds(connection: Connection, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers();
      await connection.query("SELECT 1");
      for (const candidate of this.#candidates) {
        if (candidate.term === undefined) await this.#tryToLead(connection, candidate);
      }
      const pause = TRY_EVERY_MS * (0.8 + 0.2 * Math.random());
      await Promise.race([sleep(pause, signal), this.#wake.promise]);
    }
  }

  async #tryToLead(connection: Connection, candidate: Candidate): Promise<void> {
    if (candidate.life.isStopping) return;
    const { name } = candidate;
    const [locked] = await connection.query<{ held: boolean }>(
      "SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held",
      [name],
    );
    if (locked?.held !== true) return;
    const [row] = await connection.query<{ epoch: number }>(
      `INSERT INTO leaders (name, epoch, since) VALUES ($1, 1, now())
       ON CONFLICT (name) DO UPDATE SET epoch = leaders.epoch + 1, since = now() RETURNING epoch`,
      [name],
    );
    // The last word on a connection may be an answer: a term that began after that would never be told of the loss.
    if (row === undefined || connection.isLost) return;
    // Its life may have stopped meanwhile, and with it what would end this term.
    if (candidate.life.isStopping) return unlock(connection, name);
    const leader = { name, epoch: row.epoch };
    const term = new Life(`term of ${name}`, candidate.life);
    term.defer("lock", () => unlock(connection, name));
    candidate.term = { life: term, leader };
    this.#leading.set({ name }, 1);
    this.#parts.log.info({ leader }, "this process leads");
    void candidate.lead(term, leader).catch((error: unknown) => term.fail(error));
  }

  async #endTerm(candidate: Candidate): Promise<void> {
    const { term, name } = candidate;
    if (term === undefined) return;
    const endedElsewhere = term.life.isStopping;
    const errors = await term.life.stop({ deadlineMs: 10_000 });
    if (endedElsewhere) return;
    candidate.term = undefined;
    this.#leading.set({ name }, 0);
    for (const error of errors) this.#parts.log.warn({ err: error, leader: term.leader }, "a term did not end well");
    this.#parts.log.info({ leader: term.leader }, "this process no longer leads");
  }
}

/** Gives the lock back so that another takes over at once; on a lost connection the server has done so. */
async function unlock(connection: Connection, name: string): Promise<void> {
  await connection.query("SELECT pg_advisory_unlock(hashtextextended($1, 0))", [name]).catch(() => {});
}
