/** How many connections each account has, from the moment it is let in: also those over which no browser has said a word yet. */

export class Connections {
  readonly #byAccount = new Map<string, number>();
  #size = 0;

  /** Counts one; returns what is called once when it has ended. */
  add(accountId: string): () => void {
    this.#byAccount.set(accountId, this.of(accountId) + 1);
    this.#size += 1;
    return () => {
      const left = this.of(accountId) - 1;
      if (left > 0) this.#byAccount.set(accountId, left);
      else this.#byAccount.delete(accountId);
      this.#size -= 1;
    };
  }

  of(accountId: string): number {
    return this.#byAccount.get(accountId) ?? 0;
  }

  get size(): number {
    return this.#size;
  }
}
