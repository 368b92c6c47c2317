/** How well the kept client of a process is: what readiness, liveness and leaders judge by. It mends nothing: the transport does. */

import { sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import type { Reach } from "./reach.ts";
import { type Aged, oldestByResource } from "./reflector-metrics.ts";
import type { KubeHealth } from "./types.ts";

/** The orderly end of a watch confirms a cache every 75 s at most, and silence is heard after 90 s: this one is fed by nobody. */
const OLD_CACHE_MS = 120_000;

interface HealthParts {
  reach: Reach;
  caches: ReadonlySet<Aged>;
  /** Asks the server something over the kept connections; rejects when it is not reached. */
  ask: () => Promise<unknown>;
  /** The same over a connection that is made for it. */
  askAnew: () => Promise<unknown>;
  /** So long may every try fail before a leader is unfit; twice that, and the kept client itself is suspected. */
  patienceMs: number;
  log: Logger;
}

/**
 * While something is cached, the server is asked also where nobody else asks, so that a connection that died without a word is noticed.
 * `stuck` is said only after a fresh connection has just succeeded where the kept ones go on failing: while the server is away nobody is.
 */
export class ClientHealth implements KubeHealth {
  readonly #parts: HealthParts;
  #stuck: string | undefined;

  constructor(life: Life, parts: HealthParts) {
    this.#parts = parts;
    life.run("health of the Kubernetes client", (signal) => this.#watch(signal));
  }

  stuck(): string | undefined {
    return this.#stuck;
  }

  unfit(): string | undefined {
    const { reach, caches, patienceMs } = this.#parts;
    const isOld = [...caches].some((cache) => cache.ageMs() >= patienceMs);
    if (!isOld || reach.failingMs < patienceMs) return undefined;
    return `the API server has not been reached for ${seconds(reach.failingMs)} s`;
  }

  old(): string | undefined {
    const old = this.#ages().filter(([, age]) => age >= OLD_CACHE_MS);
    return old.length === 0 ? undefined : `${inWords(old)}; see that this process reaches the API server`;
  }

  ages(): string | undefined {
    const ages = this.#ages();
    return ages.length === 0 ? undefined : inWords(ages);
  }

  #ages(): [resource: string, ageMs: number][] {
    return [...oldestByResource(this.#parts.caches)];
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { reach, caches, ask, patienceMs } = this.#parts;
    while (!signal.aborted) {
      await sleep(patienceMs / 4, signal);
      if (signal.aborted) return;
      if (caches.size > 0 && reach.silentMs > patienceMs / 2) await ask().catch(() => {}); // the transport has noted it
      this.#stuck = await this.#judge(signal);
    }
  }

  async #judge(signal: AbortSignal): Promise<string | undefined> {
    const { reach, ask, askAnew, patienceMs, log } = this.#parts;
    if (reach.failingMs < 2 * patienceMs) return undefined;
    try {
      await askAnew();
    } catch {
      return undefined; // the server is away, which a restart does not mend
    }
    try {
      await ask();
      return undefined;
    } catch (error) {
      if (signal.aborted) return undefined;
      log.error({ reason: messageOf(error) }, "the kept Kubernetes client fails where a fresh connection succeeds");
      return `a fresh connection reaches the API server, the kept ones have not for ${seconds(reach.failingMs)} s; restart this process`;
    }
  }
}

const seconds = (ms: number) => Math.round(ms / 1_000);

function inWords(ages: [resource: string, ageMs: number][]): string {
  return ages.map(([resource, age]) => `the cache of ${resource} was confirmed ${seconds(age)} s ago`).join(", ");
}
