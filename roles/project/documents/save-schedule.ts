/** When a document is saved next: shortly after typing stops, and now and then while it goes on. */

/** Saved when nobody typed for this long, and at least so often while somebody does. */
export const SAVE_AFTER_MS = 1_000;
const SAVE_AT_LEAST_MS = 4_000;

export class SaveSchedule {
  readonly #save: () => void;
  #timer: NodeJS.Timeout | undefined;
  #firstUnsavedAt: number | undefined;
  #isOver = false;

  constructor(save: () => void) {
    this.#save = save;
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
    this.in(Math.max(0, Math.min(SAVE_AFTER_MS, SAVE_AT_LEAST_MS - waited)));
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
