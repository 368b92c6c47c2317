/** Acts that must not overlap: each begins when the one before has ended, however it ended. */

export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `act` in its turn; the result and the error are the caller's. */
  take<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act, act);
    this.#last = turn.catch(() => {}); // whoever asked is told; the next one goes on
    return turn;
  }
}
