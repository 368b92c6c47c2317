/** Keeps the trash in its bounds: soon after something came into it, and once an hour. */

import { sleep } from "../../../src/core/clock.ts";
import type { Logger } from "../../../src/core/log.ts";
import type { Places } from "../../../src/files/places.ts";
import { TRASH_LIMITS, tendTrash } from "../../../src/files/trash-bounds.ts";

const EVERY_MS = 3_600_000;
/** Many deletions at once are looked at once: it counts what is in folders. */
const GATHER_MS = 2_000;

export class TrashKeeper {
  readonly #places: Places;
  readonly #log: Logger;
  #wake: (() => void) | undefined;

  constructor(places: Places, log: Logger) {
    this.#places = places;
    this.#log = log;
  }

  /** Something came into the trash. */
  tendSoon(): void {
    this.#wake?.();
  }

  /** Works until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await tendTrash(this.#places, TRASH_LIMITS, signal).catch((error: unknown) =>
        this.#log.warn({ err: error }, "the trash could not be tended"),
      );
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      await sleep(EVERY_MS, AbortSignal.any([signal, woken.signal]));
      await sleep(GATHER_MS, signal);
    }
  }
}
