/** How much one socket may ask: a bucket that fills steadily; who goes on asking from an empty one is cut off. */

import { type BucketSize, TokenBucket } from "../../src/core/token-buckets.ts";

const SOCKET: BucketSize = { burst: 100, perSecond: 20 };
/** So many more refusals than answers, and a socket is no use to anybody. */
const MAX_REFUSED = 500;

export class RequestBudget {
  readonly #bucket = new TokenBucket(SOCKET);
  #refused = 0;

  /** Takes one; false when there is none. */
  take(): boolean {
    const isTaken = this.#bucket.take() === 0;
    this.#refused = isTaken ? Math.max(0, this.#refused - 1) : this.#refused + 1;
    return isTaken;
  }

  isExhausted(): boolean {
    return this.#refused >= MAX_REFUSED;
  }
}
