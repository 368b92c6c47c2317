/** How many calls and pages an account, or the strangers of one network, may ask for: who does in a loop does not take the database from everybody else. */

import { z } from "zod";
import { setting, wholeNumber } from "../../../src/core/config.ts";
import { AppError } from "../../../src/core/errors.ts";
import { TokenBuckets } from "../../../src/core/token-buckets.ts";
import type { Identity } from "../../../src/domain/access/identity.ts";
import { siteKey } from "../../../src/net/serve/address-key.ts";
import type { Client } from "../../../src/net/visitor/forwarded.ts";

/** Counted in each process by itself: with more replicas, so many times as much may pass. */
export const callBudgetConfig = z.object({
  accountBurst: setting(
    "COCALC_API_ACCOUNT_BURST",
    wholeNumber().min(1).default(2_000),
    "Most calls of /api/v2 and pages that one account (with all its sessions and API keys) asks one process for at once, before COCALC_API_ACCOUNT_PER_SECOND holds.",
  ),
  accountPerSecond: setting(
    "COCALC_API_ACCOUNT_PER_SECOND",
    z.coerce.number().positive().default(20),
    "Calls and pages per second that one account may go on asking one process for.",
  ),
  addressBurst: setting(
    "COCALC_API_ADDRESS_BURST",
    wholeNumber().min(1).default(10_000),
    "The same as COCALC_API_ACCOUNT_BURST for all who are not signed in behind one address (of IPv6, one /48): a class sits behind one.",
  ),
  addressPerSecond: setting(
    "COCALC_API_ADDRESS_PER_SECOND",
    z.coerce.number().positive().default(100),
    "The same as COCALC_API_ACCOUNT_PER_SECOND for all who are not signed in behind one address.",
  ),
});

export class CallBudget {
  readonly #accounts: TokenBuckets;
  readonly #strangers: TokenBuckets;

  constructor(config: z.infer<typeof callBudgetConfig>) {
    this.#accounts = new TokenBuckets({ burst: config.accountBurst, perSecond: config.accountPerSecond });
    this.#strangers = new TokenBuckets({ burst: config.addressBurst, perSecond: config.addressPerSecond });
  }

  /** Counts one call or page. @throws AppError `rate_limited` that says when to go on. */
  take({ identity, client }: { identity: Identity | undefined; client: Client }): void {
    const waitMs =
      identity === undefined ? this.#strangers.take(siteKey(client.address)) : this.#accounts.take(identity.accountId);
    if (waitMs === 0) return;
    const whose = identity === undefined ? "your network makes without signing in" : "your account makes";
    const retryAfterSeconds = Math.ceil(waitMs / 1_000);
    throw new AppError(
      "rate_limited",
      `These are more requests at once than this site takes: those that ${whose} are counted. Go on in ${retryAfterSeconds} s, and more slowly.`,
      { retryAfterSeconds },
    );
  }
}
