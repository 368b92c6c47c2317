/** Is an e-mail address really its account's? A challenge goes there by mail, and who answers it reads what comes there. */

import { AppError, conflict, notFound } from "../../core/errors.ts";
import type { Db, Queryable, Transaction } from "../../db/db.ts";
import { hashToken, isToken, randomToken, sameHash } from "../access/tokens.ts";
import type { Mail } from "../mail/mail.ts";
import { applyInvitations } from "../projects/invitations.ts";
import type { RateLimits } from "../rate-limits/rate-limits.ts";
import { ADDRESS_ACCOUNT, ADDRESS_EMAIL } from "./limits.ts";

const CHALLENGE_DAYS = 3;

interface SendParts {
  db: Db;
  limits: RateLimits;
  mail: Mail;
}

/** Sends the account a (new) challenge. @throws AppError `precondition_failed`, `conflict` when it is verified already, `rate_limited`. */
export async function sendVerification({ db, limits, mail }: SendParts, accountId: string): Promise<void> {
  const mailNow = await mail.now();
  if (!mailNow.verifies) {
    throw new AppError("precondition_failed", "This site does not verify e-mail addresses; there is nothing to do.");
  }
  const [account] = await db.query<{ email_address: string | null; verified: boolean }>(
    "SELECT email_address, coalesce(email_address_verified ? email_address, false) AS verified FROM accounts WHERE account_id = $1",
    [accountId],
  );
  const email = account?.email_address ?? undefined;
  if (email === undefined) throw notFound("Your account has no e-mail address; set one first.");
  if (account?.verified) throw conflict("Your e-mail address is verified already.");
  await countAddress(limits, { accountId, email });
  await db.transaction((tx) => mailNow.post(tx, { kind: "verify_email", email, accountId }));
}

/** Counts a change to an address, or a mail to it, which may be anybody's. @throws AppError `rate_limited`. */
export async function countAddress(
  limits: RateLimits,
  { accountId, email }: { accountId: string; email: string },
): Promise<void> {
  await limits.consume(ADDRESS_ACCOUNT, accountId);
  await limits.consume(ADDRESS_EMAIL, email);
}

/** The secret for a link to an account's address, in place of the one before; undefined: it has another address, or needs none. */
export async function newChallenge(
  db: Queryable,
  { accountId, email }: { accountId: string; email: string },
): Promise<string | undefined> {
  const token = randomToken();
  const written = await db.execute(
    `UPDATE accounts SET email_address_challenge =
       jsonb_build_object('email', $2::text, 'token', $3::text, 'time', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
     WHERE account_id = $1 AND email_address = $2 AND deleted IS NOT TRUE AND NOT coalesce(email_address_verified ? $2, false)`,
    [accountId, email, hashToken(token)],
  );
  return written === 0 ? undefined : token;
}

/** Answers a challenge: the address is verified, and what waited for it happens. @throws AppError `gone`. */
export async function redeemChallenge(db: Db, { email, token }: { email: string; token: string }): Promise<void> {
  await db.transaction(async (tx) => {
    const accountId = isToken(token) ? await challenged(tx, { email, token }) : undefined;
    if (accountId === undefined) {
      throw new AppError(
        "gone",
        "This link has been used, is older than three days, or was replaced by a newer one. Sign in and have another one sent from the page of your account.",
      );
    }
    await tx.execute(
      `UPDATE accounts SET email_address_challenge = NULL, email_address_problem = email_address_problem - $2::text,
         email_address_verified = coalesce(email_address_verified, '{}') || jsonb_build_object(email_address, $3::text)
       WHERE account_id = $1`,
      [accountId, email, new Date().toISOString()],
    );
    await applyInvitations(tx, { accountId, email });
  });
}

async function challenged(
  tx: Transaction,
  { email, token }: { email: string; token: string },
): Promise<string | undefined> {
  const [account] = await tx.query<{ account_id: string; token: string | null }>(
    `SELECT account_id, email_address_challenge ->> 'token' AS token FROM accounts
     WHERE lower(email_address) = $1 AND deleted IS NOT TRUE AND email_address_challenge ->> 'email' = email_address
       AND (email_address_challenge ->> 'time')::timestamptz > now() - make_interval(days => $2) FOR UPDATE`,
    [email, CHALLENGE_DAYS],
  );
  return sameHash(account?.token ?? "", hashToken(token)) ? account?.account_id : undefined;
}

/** Notes that the mail server would not have a mail to this address. */
export async function noteEmailProblem(
  db: Queryable,
  { email, problem }: { email: string; problem: string },
): Promise<void> {
  await db.execute(
    `UPDATE accounts SET email_address_problem = coalesce(email_address_problem, '{}') || jsonb_build_object($1::text,
       jsonb_build_object('type', 'refused', 'time', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'mesg', $2::text))
     WHERE lower(email_address) = $1`,
    [email, problem],
  );
}
