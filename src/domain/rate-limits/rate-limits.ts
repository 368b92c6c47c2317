/** Limits that hold for all replicas together: counters in the table rate_limits, kept under hashes of what they count. */

import { createHash } from "node:crypto";
import { RateLimiterPostgres, RateLimiterRes } from "rate-limiter-flexible";
import { AppError } from "../../core/errors.ts";
import type { Queryable } from "../../db/db.ts";

/** At most `points` in `seconds`, for each key. */
export interface Limit {
  name: string;
  points: number;
  seconds: number;
  /** What to tell whoever meets the limit. */
  message: string;
}

export class RateLimits {
  readonly #db: Queryable;
  readonly #limiters = new Map<string, RateLimiterPostgres>();

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Counts one for the key, or as many as one act does. @throws AppError `rate_limited` that says when to come back. */
  async consume(limit: Limit, key: string, points = 1): Promise<void> {
    try {
      await this.#limiter(limit).consume(hashed(key), points);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const retryAfterSeconds = Math.max(1, Math.ceil(error.msBeforeNext / 1_000));
      throw new AppError("rate_limited", `${limit.message} Try again in ${inWords(retryAfterSeconds)}.`, {
        retryAfterSeconds,
      });
    }
  }

  /** Takes back what was counted: it was no abuse. */
  async refund(limit: Limit, key: string): Promise<void> {
    await this.#limiter(limit).reward(hashed(key), 1);
  }

  /** Deletes counters that ended; called now and then. */
  async deleteExpired(): Promise<void> {
    await this.#db.execute("DELETE FROM rate_limits WHERE expire < $1", [Date.now()]);
  }

  #limiter(limit: Limit): RateLimiterPostgres {
    const known = this.#limiters.get(limit.name);
    if (known !== undefined) return known;
    const limiter = new RateLimiterPostgres({
      storeClient: clientOn(this.#db),
      storeType: "pool",
      tableName: "rate_limits",
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix: limit.name,
      points: limit.points,
      duration: limit.seconds,
    });
    this.#limiters.set(limit.name, limiter);
    return limiter;
  }
}

/** What the library wants of a driver, on our own pool. */
function clientOn(db: Queryable) {
  return {
    async query({ text, values }: { text: string; values: unknown[] }) {
      const rows = await db.query(text, values);
      return { rows, rowCount: rows.length };
    },
  };
}

/** Keys have a bounded length and hold no e-mail address. */
function hashed(key: string): string {
  return createHash("sha256").update(key).digest("base64url");
}

function inWords(seconds: number): string {
  if (seconds < 90) return `${seconds} seconds`;
  return seconds < 5_400 ? `${Math.ceil(seconds / 60)} minutes` : `${Math.ceil(seconds / 3_600)} hours`;
}
