/** A bounded cache of answers for a short time, that forgets at once when told to: also what is just being asked. */

export interface AnswerCacheOptions {
  ttlMs: number;
  /** Most answers kept; the one not used for the longest time goes first. */
  max: number;
}

interface Entry<T> {
  until: number;
  /** When it was last put at the end of the map, whose order is about that of use. */
  placed: number;
  value: Promise<T>;
  /** The same, once it is there. */
  settled?: T;
}

/** An answer that is used all the time is not moved each time. */
const PLACED_AGAIN_MS = 1_000;

/**
 * `get` asks once for callers that come together. An answer whose question began before `forget` is given to those who asked before,
 * and to nobody after: a revocation is never overtaken by an older read. Failures are not kept.
 */
export class AnswerCache<T> {
  readonly #options: AnswerCacheOptions;
  readonly #entries = new Map<string, Entry<T>>();

  constructor(options: AnswerCacheOptions) {
    this.#options = options;
  }

  get(key: string, ask: () => Promise<T>): Promise<T> {
    const now = Date.now();
    const known = this.#entries.get(key);
    if (known !== undefined && known.until > now) {
      if (now - known.placed > PLACED_AGAIN_MS) this.#place(key, known, now);
      return known.value;
    }
    const entry: Entry<T> = { until: now + this.#options.ttlMs, placed: now, value: ask() };
    this.#place(key, entry, now);
    entry.value.then(
      (value) => {
        entry.settled = value;
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
    this.#evict();
    return entry.value;
  }

  /** The answer, if it is there without waiting; one that is `undefined` cannot be told from none. */
  known(key: string): T | undefined {
    const known = this.#entries.get(key);
    return known !== undefined && known.until > Date.now() ? known.settled : undefined;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  get size(): number {
    return this.#entries.size;
  }

  #place(key: string, entry: Entry<T>, now: number): void {
    entry.placed = now;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }

  #evict(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size <= this.#options.max) return;
      this.#entries.delete(key);
    }
  }
}
