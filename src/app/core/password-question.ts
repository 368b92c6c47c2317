/** The question for one's password before something dangerous: one at a time, however many calls wait for its answer. */

import { Store } from "./store.ts";

export class PasswordQuestion {
  /** Is it shown? */
  readonly isAsked = new Store(false);
  #answer = Promise.withResolvers<boolean>();

  /** Asks, unless it is asked already; resolves when the password was confirmed, with false when somebody would rather not. */
  ask(): Promise<boolean> {
    if (!this.isAsked.get()) {
      this.#answer = Promise.withResolvers();
      this.isAsked.set(true);
    }
    return this.#answer.promise;
  }

  /** It was answered by confirming the password, or was closed. */
  answer(isConfirmed: boolean): void {
    this.isAsked.set(false);
    this.#answer.resolve(isConfirmed);
  }
}
