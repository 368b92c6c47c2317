/** Budgets that fill steadily and are kept in this process alone: for what is counted too often to be counted in the database. */

export interface BucketSize {
  /** Most that may be taken at once. */
  burst: number;
  /** How fast it fills again. */
  perSecond: number;
}

/** A budget that is full at first. Times are in ms. */
export class TokenBucket {
  readonly #size: BucketSize;
  #left: number;
  #filledAt: number;

  constructor(size: BucketSize, now = Date.now()) {
    this.#size = size;
    this.#left = size.burst;
    this.#filledAt = now;
  }

  /** Takes one and returns 0, or takes nothing and returns in how many ms there will be one. */
  take(now = Date.now()): number {
    const { burst, perSecond } = this.#size;
    const passed = Math.max(0, now - this.#filledAt); // a clock may be put back
    this.#left = Math.min(burst, this.#left + (passed / 1_000) * perSecond);
    this.#filledAt = now;
    if (this.#left < 1) return ((1 - this.#left) / perSecond) * 1_000;
    this.#left -= 1;
    return 0;
  }

  /** Takes what was used by now, even where there is not as much: then there is none until that has flowed in. */
  owe(amount: number): void {
    this.#left -= amount;
  }

  /** Puts one back that was taken. */
  giveBack(): void {
    this.#left = Math.min(this.#size.burst, this.#left + 1);
  }
}

/** A budget for each key. Of more keys than `maxKeys`, those that were not used for the longest time are full again. */
export class TokenBuckets {
  readonly #size: BucketSize;
  readonly #maxKeys: number;
  /** In the order of use. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(size: BucketSize, { maxKeys = 20_000 } = {}) {
    this.#size = size;
    this.#maxKeys = maxKeys;
  }

  /** As `TokenBucket.take`, of the key's. */
  take(key: string, now = Date.now()): number {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#size, now);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > this.#maxKeys && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket.take(now);
  }

  /** As `TokenBucket.giveBack`, of the key's, if it is still kept. */
  giveBack(key: string): void {
    this.#buckets.get(key)?.giveBack();
  }

  /** Keys that are kept now. */
  get size(): number {
    return this.#buckets.size;
  }
}
