/** How much one socket may ask: a bucket that fills steadily; who goes on asking from an empty one is cut off. */

const BURST = 100;
const PER_SECOND = 20;
/** So many more refusals than answers, and a socket is no use to anybody. */
const MAX_REFUSED = 500;

export class RequestBudget {
  #left = BURST;
  #filledAt = Date.now();
  #refused = 0;

  /** Takes one; false when there is none. */
  take(): boolean {
    const now = Date.now();
    this.#left = Math.min(BURST, this.#left + ((now - this.#filledAt) / 1_000) * PER_SECOND);
    this.#filledAt = now;
    if (this.#left < 1) {
      this.#refused += 1;
      return false;
    }
    this.#left -= 1;
    this.#refused = Math.max(0, this.#refused - 1);
    return true;
  }

  isExhausted(): boolean {
    return this.#refused >= MAX_REFUSED;
  }
}
