/** How much one socket, and one account with all of its sockets, may ask: buckets that fill steadily. Who goes on asking from empty ones is cut off. */

import { type BucketSize, TokenBucket, TokenBuckets } from "../../src/core/token-buckets.ts";

const SOCKET: BucketSize = { burst: 100, perSecond: 20 };
/** Many tabs come back at once after a hub was away; nobody works in all of them. */
const ACCOUNT: BucketSize = { burst: 1_000, perSecond: 60 };
/** So many more refusals than answers, and a socket is no use to anybody. */
const MAX_REFUSED = 500;

/** The budgets of a process. */
export class RequestBudgets {
  readonly #accounts = new TokenBuckets(ACCOUNT);

  /** The budget of a new socket of an account. */
  ofSocket(accountId: string): RequestBudget {
    return new RequestBudget(() => this.#accounts.take(accountId) === 0);
  }
}

export class RequestBudget {
  readonly #bucket = new TokenBucket(SOCKET);
  readonly #takeOfAccount: () => boolean;
  #refused = 0;

  constructor(takeOfAccount: () => boolean) {
    this.#takeOfAccount = takeOfAccount;
  }

  /** Takes one; false when there is none. */
  take(): boolean {
    const isTaken = this.#bucket.take() === 0 && this.#takeOfAccount();
    this.#refused = isTaken ? Math.max(0, this.#refused - 1) : this.#refused + 1;
    return isTaken;
  }

  isExhausted(): boolean {
    return this.#refused >= MAX_REFUSED;
  }
}
