/** Signing in by e-mail address and password: limited, in the same time whether or not there is such an account, and told alike. */

import { forbidden, unauthenticated } from "../../core/errors.ts";
import type { Db, Queryable } from "../../db/db.ts";
import { siteKey } from "../../net/serve/address-key.ts";
import type { RateLimits } from "../rate-limits/rate-limits.ts";
import { SIGN_IN_ACCOUNT, SIGN_IN_ADDRESS, SIGN_IN_HERE, SIGN_INS_HERE } from "./limits.ts";
import { hashPassword, isOutdated, verifyPassword } from "./password-hashes.ts";

export interface SignIn {
  /** In lower case. */
  email: string;
  password: string;
  /** IP address of whoever asks. */
  address: string;
}

interface AccountRow {
  account_id: string;
  password_hash: string | null;
  banned: boolean | null;
}

/**
 * The account that this is the password of.
 * @throws AppError `rate_limited`, `unauthenticated` (whatever was wrong), `forbidden` for a banned account with the right password.
 */
export async function checkSignIn(db: Db, limits: RateLimits, { email, password, address }: SignIn): Promise<string> {
  await limits.consume(SIGN_INS_HERE, `${email} ${siteKey(address)}`);
  const counted = [
    [SIGN_IN_ADDRESS, siteKey(address)],
    [SIGN_IN_HERE, `${email} ${siteKey(address)}`],
    [SIGN_IN_ACCOUNT, email],
  ] as const;
  // Counted before the password is looked at: many guesses at once are many guesses.
  for (const [limit, key] of counted) await limits.consume(limit, key);
  const account = await signInAccount(db, email);
  if (!(await verifyPassword(account?.password_hash, password)) || account === undefined) {
    throw unauthenticated("The e-mail address or the password is wrong.");
  }
  await Promise.all(counted.map(([limit, key]) => limits.refund(limit, key)));
  if (account.banned === true) throw forbidden("This account has been banned; ask whoever runs this site.");
  await noteSignIn(db, account, password);
  return account.account_id;
}

async function signInAccount(db: Db, email: string): Promise<AccountRow | undefined> {
  const [account] = await db.query<AccountRow>(
    `SELECT account_id, password_hash, banned FROM accounts
     WHERE lower(email_address) = $1 AND deleted IS NOT TRUE ORDER BY created LIMIT 1`,
    [email],
  );
  return account;
}

async function noteSignIn(db: Db, { account_id, password_hash }: AccountRow, password: string): Promise<void> {
  await db.execute("UPDATE accounts SET last_active = now() AT TIME ZONE 'UTC' WHERE account_id = $1", [account_id]);
  if (password_hash === null || !isOutdated(password_hash)) return;
  // Only while it is still the same: a change of password at this moment wins.
  await db.execute("UPDATE accounts SET password_hash = $3 WHERE account_id = $1 AND password_hash = $2", [
    account_id,
    password_hash,
    await hashPassword(password),
  ]);
}

/** Does the account sign in with a password? */
export async function hasPassword(db: Queryable, accountId: string): Promise<boolean> {
  const [account] = await db.query<{ has: boolean }>(
    "SELECT password_hash IS NOT NULL AS has FROM accounts WHERE account_id = $1",
    [accountId],
  );
  return account?.has === true;
}
