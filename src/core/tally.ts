/** How many of something each key has now, and all together: sockets of accounts, for one. */

export class Tally {
  readonly #byKey = new Map<string, number>();
  #size = 0;

  /** Counts one; returns what is called once when it has ended. */
  add(key: string): () => void {
    this.#byKey.set(key, this.of(key) + 1);
    this.#size += 1;
    return () => {
      const left = this.of(key) - 1;
      if (left > 0) this.#byKey.set(key, left);
      else this.#byKey.delete(key);
      this.#size -= 1;
    };
  }

  of(key: string): number {
    return this.#byKey.get(key) ?? 0;
  }

  get size(): number {
    return this.#size;
  }
}
