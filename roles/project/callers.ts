/** Who calls: checks the hub's assertion on each request, and remembers a verified one until it expires. */

import type { IncomingMessage } from "node:http";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { z } from "zod";
import { AppError, unauthenticated } from "../../src/core/errors.ts";
import {
  ASSERTION_HEADER,
  ASSERTION_ISSUER,
  ASSERTION_SECONDS,
  type AssertionClaims,
  assertionClaims,
} from "../../src/protocol/assertion.ts";

export type Caller = AssertionClaims;

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

/** Clocks of nodes differ by this much, in seconds. */
const CLOCK_TOLERANCE = 10;
const MAX_REMEMBERED = 5_000;
const MAX_ASSERTION_LENGTH = 4_096;

export class Callers {
  readonly #projectId: string;
  readonly #keys: ReturnType<typeof createLocalJWKSet>;
  readonly #verified = new Map<string, Caller>();

  /** @throws AppError `invalid` when the keys are no JWK set. */
  constructor(projectId: string, keys: string) {
    this.#projectId = projectId;
    this.#keys = createLocalJWKSet(parseKeys(keys));
  }

  /** The caller of a request. @throws AppError `unauthenticated` */
  async of(request: IncomingMessage): Promise<Caller> {
    const assertion = request.headers[ASSERTION_HEADER];
    if (typeof assertion !== "string" || assertion.length > MAX_ASSERTION_LENGTH)
      throw unauthenticated("This server is only reached through a hub.");
    const known = this.#verified.get(assertion);
    if (known !== undefined && known.exp + CLOCK_TOLERANCE > Date.now() / 1_000) return known;
    this.#verified.delete(assertion);
    const caller = await this.#verify(assertion);
    this.#remember(assertion, caller);
    return caller;
  }

  async #verify(assertion: string): Promise<Caller> {
    try {
      const { payload } = await jwtVerify(assertion, this.#keys, {
        algorithms: ["EdDSA"],
        issuer: ASSERTION_ISSUER,
        audience: this.#projectId,
        clockTolerance: CLOCK_TOLERANCE,
        maxTokenAge: ASSERTION_SECONDS,
      });
      const caller = assertionClaims.parse(payload);
      if (caller.exp - caller.iat > ASSERTION_SECONDS) throw new Error("lives too long");
      return caller;
    } catch (cause) {
      throw unauthenticated("The hub's assertion is not valid for this project, or has expired.", { cause });
    }
  }

  #remember(assertion: string, caller: Caller): void {
    const now = Date.now() / 1_000;
    if (this.#verified.size >= MAX_REMEMBERED)
      for (const [key, { exp }] of this.#verified) if (exp + CLOCK_TOLERANCE < now) this.#verified.delete(key);
    if (this.#verified.size < MAX_REMEMBERED) this.#verified.set(assertion, caller);
  }
}

function parseKeys(text: string): JSONWebKeySet {
  try {
    return keySet.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError("invalid", "The hubs' public keys are no JWK set in JSON.", { cause });
  }
}
