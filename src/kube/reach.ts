/** Whether the API server is reached over the kept connections: when it last said something, and since when every try failed. It sends nothing. */

/** Times are those of `performance.now()`. */
export class Reach {
  #heardAt = performance.now();
  #failingSince: number | undefined;

  /** It answered, whatever it said. */
  heard(): void {
    this.#heardAt = performance.now();
    this.#failingSince = undefined;
  }

  /** A try that was begun at `startedAt` came to nothing. */
  failed(startedAt: number): void {
    if (!this.hasHeardSince(startedAt)) this.#failingSince ??= startedAt;
  }

  hasHeardSince(startedAt: number): boolean {
    return this.#heardAt > startedAt;
  }

  /** How long it has said nothing, asked or not. */
  get silentMs(): number {
    return performance.now() - this.#heardAt;
  }

  /** How long every try has failed; 0 while the last one did not. */
  get failingMs(): number {
    return this.#failingSince === undefined ? 0 : performance.now() - this.#failingSince;
  }
}
