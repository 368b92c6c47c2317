/** When a document is saved next: shortly after typing stops, and now and then while it goes on. */

export interface SavePace {
  /** Saved when nobody typed for this long. */
  afterMs: number;
  /** And so often while somebody does. */
  atLeastMs: number;
}

const SAVE_PACE: SavePace = { afterMs: 1_000, atLeastMs: 4_000 };

export class SaveSchedule {
  readonly #save: () => void;
  readonly #pace: SavePace;
  #timer: NodeJS.Timeout | undefined;
  #firstUnsavedAt: number | undefined;
  #isOver = false;

  constructor(save: () => void, pace = SAVE_PACE) {
    this.#save = save;
    this.#pace = pace;
  }

  /** Saves when nobody types for a while. */
  soon(): void {
    this.in(this.#pace.afterMs);
  }

  /** Saves after this time, whatever was planned. */
  in(afterMs: number): void {
    if (this.#isOver) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#save, afterMs);
  }

  /** Somebody typed. */
  typed(): void {
    this.#firstUnsavedAt ??= Date.now();
    const waited = Date.now() - this.#firstUnsavedAt;
    this.in(Math.max(0, Math.min(this.#pace.afterMs, this.#pace.atLeastMs - waited)));
  }

  /** It was saved; is there more by now? */
  saved({ more }: { more: boolean }): void {
    this.#firstUnsavedAt = more ? Date.now() : undefined;
  }

  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}
