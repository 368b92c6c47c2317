/** Kept connections to the other sides of a proxy: a pool for each, bounded, and closed when it is no longer used. */

import { type Dispatcher, Pool } from "undici";
import { unavailable } from "../core/errors.ts";
import type { Life } from "../core/life.ts";

export interface UpstreamsOptions {
  /** Most requests to one other side at once; further ones are refused. Default 256. */
  maxRequests?: number;
  /** Most upgraded connections to one other side. Default 1,000. */
  maxUpgrades?: number;
  /** Longest time in ms for a connection to be made. Default 5,000. */
  connectTimeoutMs?: number;
  /** A pool without use for so long is closed. Default 60,000. */
  idleMs?: number;
}

/** One other side. `requests` and `upgrades` are counted by whoever forwards. */
export interface Upstream {
  readonly origin: string;
  readonly dispatcher: Dispatcher;
  requests: number;
  upgrades: number;
}

interface Kept extends Upstream {
  readonly pool: Pool;
  lastUsed: number;
}

/**
 * A request holds its place from `enter` until the other side has finished with it, also when its browser is gone: an other side that
 * hangs is filled up and then refuses, and nothing queues without bound.
 */
export class Upstreams {
  readonly #options: Required<UpstreamsOptions>;
  readonly #kept = new Map<string, Kept>();

  constructor(life: Life, options: UpstreamsOptions = {}) {
    this.#options = { maxRequests: 256, maxUpgrades: 1_000, connectTimeoutMs: 5_000, idleMs: 60_000, ...options };
    const sweep = setInterval(() => this.#closeIdle(), Math.min(this.#options.idleMs, 10_000));
    life.defer("upstreams", async () => {
      clearInterval(sweep);
      await Promise.all([...this.#kept.keys()].map((key) => this.drop(key)));
    });
  }

  /**
   * The other side at `origin` under a key of the caller, with a place for one more request or upgrade.
   * @throws AppError `unavailable` when it has its fill.
   */
  enter(key: string, origin: string, use: "request" | "upgrade" = "request"): Upstream {
    const upstream = this.#upstream(key, origin);
    const { maxRequests, maxUpgrades } = this.#options;
    if (upstream.requests >= maxRequests || (use === "upgrade" && upstream.upgrades >= maxUpgrades)) {
      throw unavailable("Too many requests are under way to this server; it may be hanging. Try again in a moment.", {
        retryAfterSeconds: 5,
      });
    }
    upstream.requests += 1;
    upstream.lastUsed = Date.now();
    return upstream;
  }

  /** Ends all connections of a key, requests under way included. Upgraded connections belong to whoever forwards them. */
  async drop(key: string): Promise<void> {
    const upstream = this.#kept.get(key);
    if (upstream === undefined) return;
    this.#kept.delete(key);
    await upstream.pool.destroy();
  }

  /** Drops a key whose other side has moved. */
  dropUnless(key: string, origin: string | undefined): void {
    const upstream = this.#kept.get(key);
    if (upstream !== undefined && upstream.origin !== origin) void this.drop(key);
  }

  /** Drops the keys that begin with `prefix`, but for those of which `keep` says that their origin still stands. */
  dropAll(prefix: string, keep: (origin: string) => boolean): void {
    for (const [key, { origin }] of this.#kept) {
      if (key.startsWith(prefix) && !keep(origin)) void this.drop(key);
    }
  }

  get size(): number {
    return this.#kept.size;
  }

  #upstream(key: string, origin: string): Kept {
    this.dropUnless(key, origin);
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const pool = new Pool(origin, {
      connections: this.#options.maxRequests,
      connect: { timeout: this.#options.connectTimeoutMs },
      pipelining: 1,
      keepAliveTimeout: 4_000,
      keepAliveMaxTimeout: 60_000,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: 65_536,
    });
    const upstream: Kept = { origin, pool, dispatcher: pool, requests: 0, upgrades: 0, lastUsed: Date.now() };
    this.#kept.set(key, upstream);
    return upstream;
  }

  #closeIdle(): void {
    const before = Date.now() - this.#options.idleMs;
    for (const [key, { requests, upgrades, lastUsed }] of this.#kept) {
      if (requests === 0 && upgrades === 0 && lastUsed < before) void this.drop(key);
    }
  }
}
