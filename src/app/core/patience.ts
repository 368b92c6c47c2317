/** How long an answer may take before a connection is taken for dead: longer behind what was sent, and longer where the last ones were slow. Pure. */

export interface Pace {
  /** An answer on a quick line, and the least that is waited. */
  answerWithinMs: number;
  /** The most that is waited on top of what is still going out. */
  mostMs: number;
  /** Bytes that even a slow line takes in a millisecond. */
  slowBytesPerMs: number;
}

/** All times are in milliseconds of one clock that never goes back. */
export class Patience {
  readonly #pace: Pace;
  #ms: number;
  /** When all that was sent has gone out, on a slow line. */
  #sentBy = 0;

  constructor(pace: Pace) {
    this.#pace = pace;
    this.#ms = pace.answerWithinMs;
  }

  /** So many bytes are put into the line: what is asked from now on waits behind them. */
  sent(bytes: number, now: number): void {
    this.#sentBy = Math.max(now, this.#sentBy) + bytes / this.#pace.slowBytesPerMs;
  }

  /** How long the answer to what is asked now may take. */
  forAnswer(now: number): number {
    return Math.max(0, this.#sentBy - now) + this.#ms;
  }

  /** An answer came: the next one may take twice as long. */
  answered(askedAt: number, now: number): void {
    this.#set(2 * (now - askedAt));
  }

  /** None came in time. It may be on its way behind something large, of which a browser sees nothing: the next one gets more time. */
  missed(): void {
    this.#set(2 * this.#ms);
  }

  #set(ms: number): void {
    const { answerWithinMs, mostMs } = this.#pace;
    this.#ms = Math.min(Math.max(ms, answerWithinMs), mostMs);
  }
}
