/** The skeleton of a leader's work: keys are woken by notifications, found again by a sweep, worked on some at a time, measured and logged. */

import { every } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import { counter, gauge, histogram, type Metrics } from "../core/metrics.ts";
import { WorkQueue } from "../core/work-queue.ts";
import type { Db } from "./db.ts";

/** One look at one key. */
export interface Look {
  /** Says `reconcile`, the id of this look, and the key in each line. */
  log: Logger;
  signal: AbortSignal;
}

export interface ReconcilerOptions {
  /** In logs and metrics, such as `manage-action`. */
  name: string;
  db: Pick<Db, "listen">;
  log: Logger;
  metrics: Metrics;
  /** Notifications whose payload is a key. */
  channels: readonly string[];
  /** As of a subscription. */
  isKey?: (key: string) => boolean;
  /** All that may be out of order: asked for at first, when notifications may have been missed, and every `everySeconds`. */
  keys: () => Promise<Iterable<string>>;
  /** Brings one key in order, whatever woke it. Resolves with the ms after which to look again; throwing means: again later. */
  reconcile: (key: string, look: Look) => Promise<number | undefined>;
  everySeconds: number;
  /** How many keys are worked on at the same time; none is twice. */
  concurrency: number;
}

/** What failed waits ever longer for its next look, so long at most: people wait for it. */
const MAX_RETRY_MS = 5_000;

/** Begins at once, and ends with the term. */
export function openReconciler(term: Life, options: ReconcilerOptions): Reconciler {
  return new Reconciler(term, options);
}

export class Reconciler {
  /** Resolves when notifications are listened to, or the server is away. */
  readonly opened: Promise<void>;
  readonly #options: ReconcilerOptions;
  readonly #queue: WorkQueue;
  readonly #measures: ReturnType<typeof openMeasures>;
  /** Since when keys wait for a look, in ms. */
  readonly #since = new Map<string, number>();
  #looks = 0;

  constructor(term: Life, options: ReconcilerOptions) {
    const { name, concurrency, metrics, everySeconds } = options;
    this.#options = options;
    this.#measures = openMeasures(metrics);
    term.defer(`depth of ${name}`, () => this.#measures.depth.set({ name }, 0));
    this.#queue = new WorkQueue(term, {
      concurrency,
      reconcile: (key, signal) => this.#look(key, signal),
      onError: () => {}, // the look has told
      onSize: (size) => this.#measures.depth.set({ name }, size),
      maxRetryMs: MAX_RETRY_MS,
    });
    this.opened = this.#listen(term);
    term.run(`sweep of ${name}`, (signal) => every(everySeconds * 1_000, signal, () => this.sweep()));
  }

  /** Asks for a key to be looked at soon. */
  add(key: string): void {
    if (!this.#since.has(key)) this.#since.set(key, performance.now());
    this.#queue.add(key);
  }

  /** Looks at everything that may be out of order. */
  async sweep(): Promise<void> {
    const { name, keys, log } = this.#options;
    try {
      for (const key of await keys()) this.add(key);
    } catch (error) {
      this.#measures.failures.inc({ name, what: "sweep" });
      log.warn({ reconciler: name, reason: messageOf(error) }, "what is unfinished cannot be read; trying again");
    }
  }

  async #listen(term: Life): Promise<void> {
    const { db, channels, isKey } = this.#options;
    const onMissed = () => void this.sweep();
    const onNotify = (key: string) => this.add(key);
    if (channels.length > 0)
      await db.listen(term, { channels: [...channels], onNotify, onMissed, ...(isKey && { isKey }) });
    await this.sweep();
  }

  async #look(key: string, signal: AbortSignal): Promise<number | undefined> {
    const { name, log, reconcile } = this.#options;
    const since = this.#since.get(key);
    this.#since.delete(key);
    const begun = performance.now();
    if (since !== undefined) this.#measures.waited.observe({ name }, (begun - since) / 1_000);
    const told = log.child({ reconcile: `${name}/${++this.#looks}`, key });
    try {
      return await reconcile(key, { log: told, signal });
    } catch (error) {
      this.#measures.failures.inc({ name, what: "look" });
      told.warn({ reason: messageOf(error) }, "this could not be brought in order, and is tried again");
      throw error;
    } finally {
      this.#measures.worked.observe({ name }, (performance.now() - begun) / 1_000);
    }
  }
}

function openMeasures(metrics: Metrics) {
  return {
    depth: gauge(metrics, {
      name: "cocalc_reconcile_depth",
      help: "Keys that wait for a look or are being worked on.",
      labels: ["name"],
    }),
    waited: histogram(metrics, {
      name: "cocalc_reconcile_wait_seconds",
      help: "From the wish to look at a key to the look.",
      labels: ["name"],
    }),
    worked: histogram(metrics, {
      name: "cocalc_reconcile_seconds",
      help: "How long one look at one key took.",
      labels: ["name"],
    }),
    failures: counter(metrics, {
      name: "cocalc_reconcile_failures_total",
      help: "Looks at a key that failed, and sweeps that could not be made.",
      labels: ["name", "what"],
    }),
  };
}
