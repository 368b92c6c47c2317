/** Leadership by advisory lock: all locks of a process on one dedicated connection, each term with an epoch that fences its writes. */

import type pg from "pg";
import { Backoff } from "../core/backoff.ts";
import { sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import { gauge, type Metrics } from "../core/metrics.ts";
import type { OnLost } from "./client.ts";
import { Connection } from "./connection.ts";
import {
  type Elected,
  endSilent,
  newEpoch,
  offerToLead,
  sayAWord,
  somebodyOffers,
  tryToLock,
  unlock,
  withdrawOffer,
} from "./terms.ts";
import { columnTypes } from "./types.ts";

/** What a replica campaigns for. */
export interface Candidacy {
  name: string;
  /** Why this replica had better not lead now, in words; undefined while it may. */
  unfit?: () => string | undefined;
}

type Lead = (term: Life, leader: Elected) => Promise<void>;

interface Candidate {
  name: string;
  unfit: () => string | undefined;
  lead: Lead;
  life: Life;
  /** `unlock` gives the lock back, once. */
  term: { life: Life; leader: Elected; unlock: () => Promise<void> } | undefined;
  /** It is fit and waits, and the leader can see it. */
  offers: boolean;
}

interface LeadershipParts {
  connection: pg.ClientConfig;
  onLost: OnLost;
  /** A leader that has not said a word for so long is ended by a replica that waits. */
  silentSeconds: number;
  log: Logger;
  metrics: Metrics;
}

const TRY_EVERY_MS = 1_000;
const TERM_ENDS_WITHIN_MS = 10_000;

/**
 * States of the connection: unused → connecting ⇄ campaigning. While campaigning, about once a second: every term says a word (in
 * `leaders.seen`), which also proves the connection alive to those that lead, and their epoch to be theirs; every candidate without a term tries its lock
 * (`pg_try_advisory_lock` on hashtextextended(name)), and ends the connection of a leader that has been silent for too long. When the
 * connection is gone every term ends first, and only then a new connection is made: the server has freed the locks.
 *
 * A candidate that is unfit neither tries nor goes on leading while a fit one waits; where none does, an unfit leader is better than none.
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

  /** Campaigns until the life ends. */
  campaign(life: Life, { name, unfit = () => undefined }: Candidacy, lead: Lead): void {
    const candidate: Candidate = { name, unfit, lead, life, term: undefined, offers: false };
    this.#candidates.add(candidate);
    life.defer(`leadership of ${name}`, async () => {
      await this.#endTerm(candidate); // while it ends it still says its word
      this.#candidates.delete(candidate);
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
    const { connection: config, onLost } = this.#parts;
    const connection = new Connection({ config: { ...config, query_timeout: 5_000, types: columnTypes }, onLost });
    try {
      await Promise.race([connection.connect(), connection.lost]);
      backoff.reset();
      await Promise.race([this.#rounds(connection, signal), connection.lost]);
    } finally {
      for (const candidate of this.#candidates) candidate.offers = false;
      await Promise.all([...this.#candidates].map((candidate) => this.#endTerm(candidate)));
      await connection.end();
    }
  }

  async #rounds(connection: Connection, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers();
      await this.#sayAWord(connection);
      for (const candidate of this.#candidates) {
        if (candidate.term === undefined) await this.#stand(connection, candidate);
        else await this.#yieldIfUnfit(connection, candidate);
      }
      const pause = TRY_EVERY_MS * (0.8 + 0.2 * Math.random());
      await Promise.race([sleep(pause, signal), this.#wake.promise]);
    }
  }

  /** @throws where this process does not lead what it believes to lead: all its terms end, and it tries again. */
  async #sayAWord(connection: Connection): Promise<void> {
    const terms = [...this.#candidates].flatMap(({ term }) => (term === undefined ? [] : [term]));
    const led = await sayAWord(
      connection,
      terms.map(({ leader }) => leader),
    );
    const deposed = terms.filter(({ life, leader }) => !life.isStopping && !led.has(leader.name));
    if (deposed.length > 0) throw new Error(`others lead ${deposed.map(({ leader }) => leader.name).join(", ")}`);
  }

  /** A candidate without a term: tries to lead if it is fit, or if nobody else is. */
  async #stand(connection: Connection, candidate: Candidate): Promise<void> {
    const { name, life } = candidate;
    const isFit = !life.isStopping && candidate.unfit() === undefined;
    if (isFit && !candidate.offers) candidate.offers = await offerToLead(connection, name);
    if (!isFit) await this.#withdraw(connection, candidate);
    if (life.isStopping || (!isFit && (await somebodyOffers(connection, name)))) return;
    await this.#tryToLead(connection, candidate);
    if (candidate.term !== undefined) await this.#withdraw(connection, candidate);
  }

  async #withdraw(connection: Connection, candidate: Candidate): Promise<void> {
    if (!candidate.offers) return;
    candidate.offers = false;
    await withdrawOffer(connection, candidate.name);
  }

  /** A leader that is unfit lets go where a replica waits that is not. */
  async #yieldIfUnfit(connection: Connection, candidate: Candidate): Promise<void> {
    const reason = candidate.unfit();
    if (reason === undefined || candidate.term?.life.isStopping !== false) return;
    if (!(await somebodyOffers(connection, candidate.name))) return;
    this.#parts.log.warn({ leader: candidate.term.leader, reason }, "this process lets a fit one lead");
    void this.#endTerm(candidate); // meanwhile it says its word
  }

  async #tryToLead(connection: Connection, candidate: Candidate): Promise<void> {
    const { name } = candidate;
    const { silentSeconds, log } = this.#parts;
    const { held, silent } = await tryToLock(connection, name, silentSeconds);
    if (!held) {
      if (silent && (await endSilent(connection, name, silentSeconds)))
        log.warn({ name, silentSeconds }, "the connection of a leader that says nothing was ended");
      return;
    }
    const epoch = await newEpoch(connection, name);
    // The last word on a connection may be an answer: a term that began after that would never be told of the loss.
    if (epoch === undefined || connection.isLost) return;
    // Its life may have stopped meanwhile, and with it what would end this term.
    if (candidate.life.isStopping) return unlock(connection, name);
    this.#begin(
      candidate,
      { name, epoch },
      once(() => unlock(connection, name)),
    );
  }

  #begin(candidate: Candidate, leader: Elected, unlock: () => Promise<void>): void {
    const { name } = leader;
    const term = new Life(`term of ${name}`, candidate.life);
    term.defer("lock", unlock);
    candidate.term = { life: term, leader, unlock };
    this.#leading.set({ name }, 1);
    this.#parts.log.info({ leader }, "this process leads");
    void candidate.lead(term, leader).catch((error: unknown) => term.fail(error));
  }

  async #endTerm(candidate: Candidate): Promise<void> {
    const { term, name } = candidate;
    if (term === undefined) return;
    const endedElsewhere = term.life.isStopping;
    const errors = await term.life.stop({ deadlineMs: TERM_ENDS_WITHIN_MS });
    if (endedElsewhere) return;
    await term.unlock(); // also where something of it does not end: its writes are fenced
    candidate.term = undefined;
    this.#leading.set({ name }, 0);
    for (const error of errors) this.#parts.log.warn({ err: error, leader: term.leader }, "a term did not end well");
    this.#parts.log.info({ leader: term.leader }, "this process no longer leads");
  }
}

/** Calls `act` the first time only; all callers await that. */
function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= act();
    return done;
  };
}
