/** A queue of keys to reconcile: doubles merge, one key is never worked on twice at once, failures back off per key. */

import { Backoff } from "./backoff.ts";
import type { Life } from "./life.ts";

export interface WorkQueueOptions {
  /** How many keys are worked on at the same time. */
  concurrency: number;
  /** Brings one key in order. Throwing means: again later, with backoff. Resolving with a number: again after that many ms. */
  reconcile: (key: string, signal: AbortSignal) => Promise<number | undefined>;
  onError: (key: string, error: unknown) => void;
  /** Is told how many keys wait or are being worked on, whenever that may have changed. */
  onSize?: (size: number) => void;
  /** The longest wait of a key that fails again and again. */
  maxRetryMs: number;
}

/**
 * A key is in one of: absent, waiting (in order of arrival), working, working-and-dirty (added while it is worked on: it runs
 * once more afterwards), sleeping (a timer will add it). `add` of a sleeping key wakes it at once.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #life: Life;
  readonly #waiting = new Set<string>();
  readonly #working = new Map<string, { dirty: boolean }>();
  readonly #sleeping = new Map<string, NodeJS.Timeout>();
  readonly #backoffs = new Map<string, Backoff>();
  #idle = Promise.withResolvers<void>();

  constructor(life: Life, options: WorkQueueOptions) {
    this.#options = options;
    this.#life = life;
    life.defer("work queue", () => this.#stop());
  }

  /** Keys waiting or being worked on. */
  get size(): number {
    return this.#waiting.size + this.#working.size;
  }

  /** Asks for a key to be looked at soon; any number of calls before that make one look. */
  add(key: string): void {
    if (this.#life.signal.aborted) return;
    this.#wake(key);
    const working = this.#working.get(key);
    if (working) working.dirty = true;
    else this.#waiting.add(key);
    this.#pump();
    this.#options.onSize?.(this.size);
  }

  /** Asks for a key to be looked at after `ms`, unless it is asked for earlier. */
  addAfter(key: string, ms: number): void {
    if (this.#life.signal.aborted) return;
    this.#wake(key);
    this.#sleeping.set(
      key,
      setTimeout(() => this.add(key), ms),
    );
  }

  #pump(): void {
    for (const key of this.#waiting) {
      if (this.#working.size >= this.#options.concurrency) return;
      this.#waiting.delete(key);
      this.#working.set(key, { dirty: false });
      void this.#work(key);
    }
  }

  async #work(key: string): Promise<void> {
    let againAfterMs: number | undefined;
    try {
      againAfterMs = await this.#options.reconcile(key, this.#life.signal);
      this.#backoffs.delete(key);
    } catch (error) {
      this.#options.onError(key, error);
      againAfterMs = this.#backoffOf(key).next();
    }
    const dirty = this.#working.get(key)?.dirty ?? false;
    this.#working.delete(key);
    if (dirty) this.add(key);
    else if (againAfterMs !== undefined) this.addAfter(key, againAfterMs);
    this.#pump();
    this.#options.onSize?.(this.size);
    if (this.#working.size === 0) this.#idle.resolve();
  }

  #backoffOf(key: string): Backoff {
    const backoff = this.#backoffs.get(key) ?? new Backoff({ firstMs: 200, maxMs: this.#options.maxRetryMs });
    this.#backoffs.set(key, backoff);
    return backoff;
  }

  #wake(key: string): void {
    clearTimeout(this.#sleeping.get(key));
    this.#sleeping.delete(key);
  }

  async #stop(): Promise<void> {
    this.#waiting.clear();
    for (const timer of this.#sleeping.values()) clearTimeout(timer);
    this.#sleeping.clear();
    this.#idle = Promise.withResolvers<void>();
    if (this.#working.size > 0) await this.#idle.promise;
  }
}
