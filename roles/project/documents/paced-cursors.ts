/** When the other readers are told of cursors that moved: as fast as the socket they came from has budget, and of what waits only as it is by then. */

import type { BucketSize, TokenBucket } from "../../../src/core/token-buckets.ts";

/** Bytes of one socket, for all its documents: typing takes some 10 kB in a second, and what is above that comes a bit later. */
export const CURSOR_BYTES: BucketSize = { burst: 64 * 1024, perSecond: 16 * 1024 };
/** Bytes that being told costs beside what is told. */
const MESSAGE_BYTES = 64;

/** From where cursors come. */
export interface CursorSource {
  reader: string;
  /** In bytes. */
  budget: TokenBucket;
}

interface Waiting {
  clients: Set<number>;
  timer: NodeJS.Timeout;
}

export class PacedCursors {
  readonly #tell: (clients: number[], reader: string) => number;
  /** By reader. */
  readonly #waiting = new Map<string, Waiting>();

  /** @param tell tells of these Yjs clients, and returns in how many bytes. */
  constructor(tell: (clients: number[], reader: string) => number) {
    this.#tell = tell;
  }

  /** Tells of clients, and of those of the same reader that wait; or has them wait. */
  moved(clients: readonly number[], { reader, budget }: CursorSource): void {
    const waiting = this.#waiting.get(reader);
    if (waiting !== undefined) {
      for (const client of clients) waiting.clients.add(client);
      return;
    }
    if (clients.length === 0) return;
    const waitMs = budget.take();
    if (waitMs === 0) {
      budget.owe(this.#tell([...clients], reader) + MESSAGE_BYTES);
      return;
    }
    const timer = setTimeout(() => {
      const due = this.#waiting.get(reader)?.clients ?? [];
      this.#waiting.delete(reader);
      this.moved([...due], { reader, budget });
    }, Math.ceil(waitMs));
    this.#waiting.set(reader, { clients: new Set(clients), timer });
  }

  isWaiting(client: number): boolean {
    return [...this.#waiting.values()].some(({ clients }) => clients.has(client));
  }

  /** All know of these by now. */
  told(gone: readonly number[]): void {
    for (const { clients } of this.#waiting.values()) for (const client of gone) clients.delete(client);
  }

  end(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }
}
