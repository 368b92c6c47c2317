/** Choosing a new password without the old one: by a link that works once, within an hour, and that only whoever reads the address's mail has. */

import { randomUUID } from "node:crypto";
import { AppError, invalid, notFound } from "../../core/errors.ts";
import type { Db, Queryable } from "../../db/db.ts";
import { siteKey } from "../../net/serve/address-key.ts";
import { hashToken, isToken, randomToken } from "../access/tokens.ts";
import { record } from "../central-log/central-log.ts";
import type { Mail } from "../mail/mail.ts";
import type { RateLimits } from "../rate-limits/rate-limits.ts";
import { writePassword } from "./account.ts";
import { RESET_ADDRESS, RESET_EMAIL } from "./limits.ts";
import { hashPassword } from "./password-hashes.ts";
import { passwordProblem } from "./password-rules.ts";

const RESET_MINUTES = 60;
const ATTEMPTS_KEPT_DAYS = 1;

interface AskParts {
  db: Db;
  limits: RateLimits;
  mail: Mail;
}

/**
 * Notes that somebody wants a link sent to this address. Whether it has an account is not looked at here but by whoever sends: neither the
 * answer nor its time can tell. @throws AppError `rate_limited`; `precondition_failed` where the site sends no mail.
 */
export async function askForReset(
  { db, limits, mail }: AskParts,
  { email, address }: { email: string; address: string },
): Promise<void> {
  const mailNow = await mail.now();
  if (mailNow.state("password").is !== "on") {
    throw new AppError("precondition_failed", "This site sends no e-mail; ask whoever runs it for a link.");
  }
  await limits.consume(RESET_ADDRESS, siteKey(address));
  await limits.consume(RESET_EMAIL, email);
  await db.transaction(async (tx) => {
    await tx.execute(
      `INSERT INTO password_reset_attempts (id, email_address, ip_address, time, expire)
       VALUES ($1, $2, $3, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC' + make_interval(days => $4))`,
      [randomUUID(), email, address === "" ? null : address, ATTEMPTS_KEPT_DAYS],
    );
    await mailNow.post(tx, { kind: "password_reset", email });
  });
}

interface NewReset {
  /** The secret for the link. */
  token: string;
  accountId: string;
}

/** Makes a link possible for the account that signs in with this address; undefined: there is none that may. */
export async function newResetFor(db: Queryable, email: string): Promise<NewReset | undefined> {
  const token = randomToken();
  const [made] = await db.query<{ account_id: string }>(
    `INSERT INTO password_reset (id, email_address, account_id, token_hash, expire)
     SELECT $1, email_address, account_id, $3, now() AT TIME ZONE 'UTC' + make_interval(mins => $4) FROM accounts
     WHERE lower(email_address) = $2 AND deleted IS NOT TRUE AND banned IS NOT TRUE ORDER BY created LIMIT 1
     RETURNING account_id`,
    [randomUUID(), email, hashToken(token), RESET_MINUTES],
  );
  return made === undefined ? undefined : { token, accountId: made.account_id };
}

/** The secret for a link that an administrator hands over: recorded. @throws AppError `not_found`. */
export async function newResetByAdmin(db: Db, email: string): Promise<string> {
  return db.transaction(async (tx) => {
    const reset = await newResetFor(tx, email.trim().toLowerCase());
    if (reset === undefined) {
      throw notFound(
        `There is no account with the e-mail address ${email} that may sign in; look for another address.`,
      );
    }
    await record(tx, "password-reset-link-made", { account_id: reset.accountId });
    return reset.token;
  });
}

/** Where a new password is chosen, below the address of the site. */
export const resetPath = (token: string): string => `/auth/password-reset/${token}`;

interface Reset {
  account_id: string;
  email_address: string;
  first_name: string | null;
  last_name: string | null;
}

/** What a link is for, without using it up; undefined: it has been used, is too old, or was never one. */
export async function resetOf(db: Queryable, token: string): Promise<Reset | undefined> {
  if (!isToken(token)) return undefined;
  const [reset] = await db.query<Reset>(
    `SELECT a.account_id, a.email_address, a.first_name, a.last_name FROM password_reset r
     JOIN accounts a ON a.account_id = r.account_id AND a.email_address = r.email_address
     WHERE r.token_hash = $1 AND r.expire > now() AT TIME ZONE 'UTC' AND a.deleted IS NOT TRUE AND a.banned IS NOT TRUE`,
    [hashToken(token)],
  );
  return reset;
}

/**
 * Uses a link up: the new password is written, every session, every API key and every other link of the account ends, and the account is
 * told by mail. @throws AppError `gone` for a link that is not good (any more), `invalid` for a bad password: the link stays good then.
 */
export async function redeemReset(
  { db, mail }: { db: Db; mail: Mail },
  { token, newPassword }: { token: string; newPassword: string },
): Promise<void> {
  const reset = await resetOf(db, token);
  if (reset === undefined) throw linkIsGone();
  const { account_id: accountId, email_address: email, first_name, last_name } = reset;
  const problem = passwordProblem(newPassword, [email, first_name ?? "", last_name ?? ""]);
  if (problem !== undefined) throw invalid(problem);
  const passwordHash = await hashPassword(newPassword);
  const mailNow = await mail.now();
  await db.transaction(async (tx) => {
    const used = await tx.execute(
      "DELETE FROM password_reset WHERE token_hash = $1 AND expire > now() AT TIME ZONE 'UTC'",
      [hashToken(token)],
    );
    if (used === 0) throw linkIsGone(); // another one was quicker
    await writePassword(tx, { accountId, passwordHash, keepSession: "" });
    await tx.execute("DELETE FROM api_keys WHERE account_id = $1", [accountId]);
    await record(tx, "password-reset", { account_id: accountId });
    await mailNow.post(tx, { kind: "password_was_reset", email, accountId });
  });
}

const linkIsGone = () =>
  new AppError("gone", "This link has been used, is older than an hour, or is not complete; ask for a new one.");

/** Forgets links and attempts that ended; called now and then. */
export async function deleteExpiredResets(db: Queryable): Promise<void> {
  await db.execute("DELETE FROM password_reset WHERE expire <= now() AT TIME ZONE 'UTC'");
  await db.execute("DELETE FROM password_reset_attempts WHERE expire <= now() AT TIME ZONE 'UTC'");
}
