/** Registration tokens: where an administrator has made some, signing up takes one that is valid, and counts it. */

import { invalid } from "../../core/errors.ts";
import type { Queryable, Transaction } from "../../db/db.ts";
import { siteKey } from "../../net/serve/address-key.ts";
import type { RateLimits } from "../rate-limits/rate-limits.ts";
import { TOKEN_ADDRESS } from "./limits.ts";

const VALID = `disabled IS NOT TRUE AND (expires IS NULL OR expires > now() AT TIME ZONE 'UTC')
  AND ("limit" IS NULL OR counter < "limit")`;

/** Tokens are asked for as soon as one that is not disabled exists, used up or not: an end of the tokens does not open the doors. */
export async function needsRegistrationToken(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ some: boolean }>(
    "SELECT EXISTS (SELECT FROM registration_tokens WHERE disabled IS NOT TRUE) AS some",
  );
  return row?.some === true;
}

/** Looks at the token without using it; wrong ones are limited per address. @throws AppError `invalid`, `rate_limited`. */
export async function checkRegistrationToken(
  db: Queryable,
  limits: RateLimits,
  { registrationToken, address }: { registrationToken?: string | undefined; address: string },
): Promise<void> {
  if (registrationToken === undefined || registrationToken === "") {
    throw invalid("Signing up here takes a registration token; ask whoever runs this site.");
  }
  await limits.consume(TOKEN_ADDRESS, siteKey(address));
  const [token] = await db.query(`SELECT FROM registration_tokens WHERE token = $1 AND ${VALID}`, [registrationToken]);
  if (token === undefined) throw wrongToken();
  await limits.refund(TOKEN_ADDRESS, siteKey(address));
}

export interface TakenToken {
  customize: unknown;
  ephemeral: number | null;
}

/** Counts one use of a token, in the transaction that makes the account; undefined where none is needed. @throws AppError `invalid`. */
export async function takeRegistrationToken(
  tx: Transaction,
  token: string | undefined,
): Promise<TakenToken | undefined> {
  if (!(await needsRegistrationToken(tx))) return undefined;
  const [taken] = await tx.query<TakenToken>(
    `UPDATE registration_tokens SET counter = counter + 1 WHERE token = $1 AND ${VALID} RETURNING customize, ephemeral`,
    [token ?? ""],
  );
  if (taken === undefined) throw wrongToken();
  return taken;
}

function wrongToken() {
  return invalid("This registration token is wrong, used up or expired; ask whoever gave it to you.");
}
