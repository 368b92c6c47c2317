/** Signs what we assert to a project's server about who asks it; one signature serves the same subject for half a minute. */

import { SignJWT } from "jose";
import { AnswerCache } from "../../core/answer-cache.ts";
import { ASSERTION_ISSUER, ASSERTION_SECONDS, NOBODY } from "../../protocol/assertion.ts";
import type { ProjectRole } from "../../protocol/project-rights.ts";
import { SIGNING_ALGORITHM, type SigningKey } from "../signing-keys/signing-keys.ts";

/** Of ASSERTION_SECONDS, how long an assertion is used again: it never leaves here with less than the rest. */
const REUSED_MS = (ASSERTION_SECONDS * 1_000) / 2;
const MAX_NAME = 300;

/** In whose name a project's server is asked, and as what of the project's: what that lets them do, the server looks up by itself. */
export interface Subject {
  accountId: string;
  /** Shown beside a cursor. */
  name: string;
  role: ProjectRole;
}

/** A part of ours that asks on nobody's behalf, such as `doctor`. It only looks. */
export function onNobodysBehalf(name: string): Subject {
  return { accountId: NOBODY, name, role: "viewer" };
}

export class Assertions {
  readonly #currentKey: () => Promise<SigningKey>;
  readonly #signed = new AnswerCache<string>({ ttlMs: REUSED_MS, max: 20_000 });
  readonly #keys = new AnswerCache<SigningKey>({ ttlMs: REUSED_MS, max: 1 });

  /** `currentKey` gives the key with which hubs sign now. */
  constructor(currentKey: () => Promise<SigningKey>) {
    this.#currentKey = currentKey;
  }

  /** The value of ASSERTION_HEADER for this subject at this project: a JWT signed with EdDSA. */
  assertionFor({ accountId, name, role }: Subject, projectId: string): Promise<string> {
    const key = `${accountId} ${projectId} ${role} ${name}`;
    return this.#signed.get(key, () => this.#sign({ accountId, name, role }, projectId));
  }

  async #sign({ accountId, name, role }: Subject, projectId: string): Promise<string> {
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
