/** How often an account may ask for starts, stops and restarts: each is written, logged and served by the one leader of the site. */

import { AppError } from "../../core/errors.ts";
import { TokenBuckets } from "../../core/token-buckets.ts";

/** A teacher starts a whole class at once. */
const SIZE = { burst: 1_000, perSecond: 1 };

/** Counted in each process by itself: with more replicas, so many times as much may pass. */
export class ActionBudget {
  readonly #accounts = new TokenBuckets(SIZE);

  /** Counts one; administrators ask as often as they need. @throws AppError `rate_limited` that says when to go on. */
  take({ accountId, isAdmin }: { accountId: string; isAdmin: boolean }): void {
    const waitMs = isAdmin ? 0 : this.#accounts.take(accountId);
    if (waitMs === 0) return;
    const retryAfterSeconds = Math.ceil(waitMs / 1_000);
    throw new AppError(
      "rate_limited",
      `This account has asked for very many starts and stops of projects lately. Go on in ${retryAfterSeconds} s, with about one in a second.`,
      { retryAfterSeconds },
    );
  }
}
