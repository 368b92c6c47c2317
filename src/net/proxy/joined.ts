/** The upgraded connections that a role forwards now: a listener cannot stop before they are let go. */

import type { Life } from "../../core/life.ts";
import type { Forwarding } from "./forward.ts";

export class Joined {
  readonly #open = new Set<Forwarding>();

  /** Open this after the listener: what is opened last is undone first. */
  constructor(life: Life) {
    life.defer("joined connections", () => {
      for (const forwarding of this.#open) forwarding.end();
    });
  }

  add(forwarding: Forwarding): void {
    this.#open.add(forwarding);
  }

  delete(forwarding: Forwarding | undefined): void {
    if (forwarding !== undefined) this.#open.delete(forwarding);
  }

  get size(): number {
    return this.#open.size;
  }
}
