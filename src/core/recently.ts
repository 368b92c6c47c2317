/** What happened within a short time, by key. Keeps no more than a bound. */

interface RecentlyOptions {
  /** How long a key is remembered. */
  ttlMs: number;
  /** Most keys remembered; the oldest goes first. */
  max: number;
}

/** All keys are remembered for the same time, so the oldest are those that end first. */
export class Recently {
  readonly #options: RecentlyOptions;
  /** Until when, in ms since the epoch. */
  readonly #until = new Map<string, number>();

  constructor(options: RecentlyOptions) {
    this.#options = options;
  }

  /** Remembers the key; whether it was not remembered before, in which case its time begins now. */
  add(key: string): boolean {
    if (this.has(key)) return false;
    this.#until.delete(key); // to the end
    this.#until.set(key, Date.now() + this.#options.ttlMs);
    const [oldest] = this.#until.keys();
    if (this.#until.size > this.#options.max && oldest !== undefined) this.#until.delete(oldest);
    return true;
  }

  has(key: string): boolean {
    return (this.#until.get(key) ?? 0) > Date.now();
  }

  delete(key: string): void {
    this.#until.delete(key);
  }

  clear(): void {
    this.#until.clear();
  }
}
