/** Signs what a hub asserts to a project server about a caller; one signature serves the same caller for half a minute. */

import { SignJWT } from "jose";
import { AnswerCache } from "../../core/answer-cache.ts";
import { ASSERTION_ISSUER, ASSERTION_SECONDS } from "../../protocol/assertion.ts";
import type { ProjectRole } from "../../protocol/project-rights.ts";
import type { Identity } from "../access/identity.ts";
import { SIGNING_ALGORITHM, type SigningKey } from "../signing-keys/signing-keys.ts";

/** Of ASSERTION_SECONDS, how long an assertion is used again: it never leaves here with less than the rest. */
const REUSED_MS = (ASSERTION_SECONDS * 1_000) / 2;
const MAX_NAME = 300;

export class Assertions {
  readonly #currentKey: () => Promise<SigningKey>;
  readonly #signed = new AnswerCache<string>({ ttlMs: REUSED_MS, max: 20_000 });
  readonly #keys = new AnswerCache<SigningKey>({ ttlMs: REUSED_MS, max: 1 });

  /** `currentKey` gives the key with which hubs sign now. */
  constructor(currentKey: () => Promise<SigningKey>) {
    this.#currentKey = currentKey;
  }

  /** The value of ASSERTION_HEADER for this caller in this project: a JWT signed with EdDSA. */
  assertionFor(identity: Identity, projectId: string, role: ProjectRole): Promise<string> {
    const key = `${identity.accountId} ${projectId} ${role} ${identity.name}`;
    return this.#signed.get(key, () => this.#sign(identity, projectId, role));
  }

  async #sign({ accountId, name }: Identity, projectId: string, role: ProjectRole): Promise<string> {
    const { kid, key } = await this.#keys.get("current", this.#currentKey);
    return new SignJWT({ role, name: name.slice(0, MAX_NAME) })
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, kid })
      .setIssuer(ASSERTION_ISSUER)
      .setAudience(projectId)
      .setSubject(accountId)
      .setIssuedAt()
      .setExpirationTime(`${ASSERTION_SECONDS}s`)
      .sign(key);
  }
}
