/** How many requests each member of a project has under way to it through this process: who lets answers wait does not keep the others out. */

import { AppError } from "../../src/core/errors.ts";
import { Tally } from "../../src/core/tally.ts";
import type { HttpResponse } from "../../src/net/serve/http-message.ts";
import { may } from "../../src/protocol/project-rights.ts";
import type { ProxyConfig } from "./config.ts";
import type { Right } from "./rights.ts";

/** Who only reads uses the app alone, which asks for little at once. */
const PART_FOR_READING = 1 / 4;

export class RequestsUnderWay {
  readonly #most: number;
  readonly #ofMembers = new Tally();

  constructor({ maxRequestsPerMember }: Pick<ProxyConfig, "maxRequestsPerMember">) {
    this.#most = maxRequestsPerMember;
  }

  /** Counts a request until its answer has gone out, or its client is gone. @throws AppError `rate_limited` without a place. */
  enter(response: HttpResponse, { identity, role }: Pick<Right, "identity" | "role">, projectId: string): void {
    if (response.closed) return; // nobody would tell of its end any more
    const most = may(role, "write") ? this.#most : Math.ceil(this.#most * PART_FOR_READING);
    const member = `${identity.accountId} ${projectId}`;
    if (this.#ofMembers.of(member) >= most) throw tooMany(most);
    response.once("close", this.#ofMembers.add(member));
  }
}

function tooMany(most: number): AppError {
  return new AppError(
    "rate_limited",
    `Your account has ${most} requests under way to this project already, which is all it may. Try again when some are answered.`,
    { retryAfterSeconds: 2 },
  );
}
