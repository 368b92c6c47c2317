/** What strangers may make us look up: a cookie or key that nobody knows costs a look into the database, and anybody can make up any number. */

import { AppError } from "../../core/errors.ts";
import { Recently } from "../../core/recently.ts";
import { TokenBuckets } from "../../core/token-buckets.ts";
import { siteKey } from "../../net/serve/address-key.ts";

/**
 * Of one network in one process: a class sits behind one, and comes back at once when a hub was away. What is good costs nothing, so that this is for sessions
 * that have ended, and for attackers.
 */
const STRANGERS = { burst: 2_000, perSecond: 50 };
/** How long a credential that was good is looked up without being counted: who shares a network with an attacker stays signed in. */
const GOOD_FOR_MS = 3_600_000;
const MAX_GOOD = 50_000;

export class StrangerBudget {
  readonly #buckets = new TokenBuckets(STRANGERS);
  readonly #good = new Recently({ ttlMs: GOOD_FOR_MS, max: MAX_GOOD });

  /**
   * Looks a credential up by `look`, which answers undefined for a stranger's. Those alone are counted, and before it is known which they are: many at
   * once are many.
   * @param key names the credential; undefined: it is used once. @param address IP address of whoever brought it.
   * @throws AppError `rate_limited` that says when to go on; whatever `look` throws, which is not counted.
   */
  async look<T>(key: string | undefined, address: string, look: () => Promise<T | undefined>): Promise<T | undefined> {
    if (key !== undefined && this.#good.has(key)) return this.#noted(key, await look());
    const network = siteKey(address);
    this.#take(network);
    let isStrange = false;
    try {
      const found = await look();
      isStrange = found === undefined;
      return key === undefined ? found : this.#noted(key, found);
    } finally {
      if (!isStrange) this.#buckets.giveBack(network);
    }
  }

  #noted<T>(key: string, found: T | undefined): T | undefined {
    if (found === undefined) this.#good.delete(key);
    else this.#good.add(key);
    return found;
  }

  #take(network: string): void {
    const waitMs = this.#buckets.take(network);
    if (waitMs === 0) return;
    const retryAfterSeconds = Math.ceil(waitMs / 1_000);
    throw new AppError(
      "rate_limited",
      `Your network brings more sessions and keys that nobody knows here than this site looks up. Go on in ${retryAfterSeconds} s.`,
      { retryAfterSeconds },
    );
  }
}
