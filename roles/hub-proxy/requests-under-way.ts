/** How many requests each member of a project has under way to it through this process: who lets answers wait does not keep the others out. */

import { AppError } from "../../src/core/errors.ts";
import { Tally } from "../../src/core/tally.ts";
import type { Identity } from "../../src/domain/access/identity.ts";
import type { HttpResponse } from "../../src/net/http-message.ts";
import { may } from "../../src/protocol/project-rights.ts";
import type { ProxyConfig } from "./config.ts";
import type { Right } from "./rights.ts";

/** Who only reads uses the app alone, which asks for little at once. */
const PART_FOR_READING = 1 / 4;
/** Of the places of one port: however many only read, who works in the project finds room. */
const PART_FOR_ALL_READING = 1 / 2;

interface Caller extends Pick<Right, "role"> {
  identity: Pick<Identity, "accountId">;
}

export class RequestsUnderWay {
  readonly #most: { ofMember: number; ofReader: number; ofReaders: number };
  readonly #ofMembers = new Tally();
  /** Of those who only read, by project. */
  readonly #ofReaders = new Tally();

  constructor({ maxRequests, maxRequestsPerMember }: Pick<ProxyConfig, "maxRequests" | "maxRequestsPerMember">) {
    this.#most = {
      ofMember: maxRequestsPerMember,
      ofReader: Math.ceil(maxRequestsPerMember * PART_FOR_READING),
      ofReaders: Math.ceil(maxRequests * PART_FOR_ALL_READING),
    };
  }

  /** Counts a request until its answer has gone out, or its client is gone. @throws AppError `rate_limited` without a place. */
  enter(response: Pick<HttpResponse, "closed" | "once">, { identity, role }: Caller, projectId: string): void {
    if (response.closed) return; // nobody would tell of its end any more
    const isReader = !may(role, "write");
    const { ofMember, ofReader, ofReaders } = this.#most;
    const most = isReader ? ofReader : ofMember;
    const member = `${identity.accountId} ${projectId}`;
    if (this.#ofMembers.of(member) >= most) throw tooMany(`Your account has ${most}`);
    if (isReader && this.#ofReaders.of(projectId) >= ofReaders) throw tooMany(`Its viewers together have ${ofReaders}`);
    response.once("close", this.#ofMembers.add(member));
    if (isReader) response.once("close", this.#ofReaders.add(projectId));
  }
}

/** `whose`: who has how many, as a sentence begins. */
function tooMany(whose: string): AppError {
  return new AppError(
    "rate_limited",
    `${whose} requests under way to this project already, which is all that may be. Try again when some are answered.`,
    { retryAfterSeconds: 2 },
  );
}
