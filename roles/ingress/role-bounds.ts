/** How much is under way to each role: a role that hangs does not take all that the ingress has, and nothing waits for a place. */

import { unavailable } from "../../src/core/errors.ts";
import { Tally } from "../../src/core/tally.ts";
import type { RoleName } from "../names.ts";

export class RoleBounds {
  readonly #most: number;
  readonly #taken = new Tally();

  /** `most` requests to one role, and as many upgrades. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a place; returns what gives it back. @throws AppError `unavailable` where none is free. */
  enter(role: RoleName, use: "request" | "upgrade"): () => void {
    const key = `${role} ${use}`;
    if (this.#taken.of(key) >= this.#most) {
      const message = "Too many requests are under way to this part of the site; it may be hanging.";
      throw unavailable(`${message} Try again in a moment.`, { retryAfterSeconds: 5 });
    }
    return this.#taken.add(key);
  }
}
