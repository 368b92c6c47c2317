/** Exponential backoff with jitter, reset by success. */

export interface BackoffOptions {
  firstMs: number;
  maxMs: number;
  /** From 0 to 1; injected by tests. */
  random?: () => number;
}

/** Delays of first, 2·first, 4·first … up to max, each times 0.5 to 1.5 so that a fleet does not move in step. */
export class Backoff {
  readonly #options: Required<BackoffOptions>;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = { random: Math.random, ...options };
  }

  /** The delay in ms before the next try. */
  next(): number {
    const { firstMs, maxMs, random } = this.#options;
    const delay = Math.min(firstMs * 2 ** this.#failures, maxMs);
    this.#failures = Math.min(this.#failures + 1, 30);
    return delay * (0.5 + random());
  }

  reset(): void {
    this.#failures = 0;
  }
}
