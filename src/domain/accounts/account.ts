/** Changing an account: names, e-mail address, password, ban, deletion. What it has open ends through NOTIFY. */

import { conflict, forbidden, invalid, notFound } from "../../core/errors.ts";
import { type Db, type Queryable, sqlState, type Transaction, VIOLATES_UNIQUE } from "../../db/db.ts";
import { endSessions } from "../access/sessions.ts";
import { record } from "../central-log/central-log.ts";
import type { Mail } from "../mail/mail.ts";
import { checkNothingIsOrphaned } from "../projects/collaborators.ts";
import { withdrawInvitationsBy } from "../projects/invitations.ts";
import type { RateLimits } from "../rate-limits/rate-limits.ts";
import { keepAnAdmin } from "./admin.ts";
import { PASSWORD_CHECK, PASSWORD_CHECKS } from "./limits.ts";
import { hashPassword, verifyPassword } from "./password-hashes.ts";
import { passwordProblem } from "./password-rules.ts";
import { countAddress } from "./verification.ts";

export interface NewNames {
  firstName?: string | undefined;
  lastName?: string | undefined;
  /** Vanity name; null takes it away. */
  name?: string | null | undefined;
}

/** Writes the names that are given. @throws AppError `conflict` when the vanity name is taken. */
export async function setNames(db: Queryable, accountId: string, names: NewNames): Promise<void> {
  try {
    await db.execute(
      `UPDATE accounts SET first_name = coalesce($2, first_name), last_name = coalesce($3, last_name),
         name = CASE WHEN $4 THEN $5 ELSE name END WHERE account_id = $1`,
      [accountId, names.firstName ?? null, names.lastName ?? null, names.name !== undefined, names.name ?? null],
    );
  } catch (error) {
    if (sqlState(error) === VIOLATES_UNIQUE) throw conflict(`The name ${names.name} is taken; choose another one.`);
    throw error;
  }
}

interface Checked {
  accountId: string;
  /** The current password. */
  password: string;
}

/** @throws AppError `forbidden` when it is not the account's password, `rate_limited` after some wrong ones, or very many right ones. */
export async function checkPassword(
  db: Queryable,
  limits: RateLimits,
  { accountId, password }: Checked,
): Promise<void> {
  await limits.consume(PASSWORD_CHECKS, accountId);
  await limits.consume(PASSWORD_CHECK, accountId);
  const [account] = await db.query<{ password_hash: string | null }>(
    "SELECT password_hash FROM accounts WHERE account_id = $1",
    [accountId],
  );
  if (!(await verifyPassword(account?.password_hash, password))) throw forbidden("The current password is wrong.");
  await limits.refund(PASSWORD_CHECK, accountId);
}

/** Sets a new password and ends every session but `keepSession`, in one transaction; the account is told by mail. @throws AppError `invalid`. */
export async function setPassword(
  { db, mail }: { db: Db; mail: Mail },
  { accountId, newPassword, keepSession }: { accountId: string; newPassword: string; keepSession: string },
): Promise<void> {
  const [about] = await db.query<{ email_address: string | null; first_name: string; last_name: string }>(
    "SELECT email_address, first_name, last_name FROM accounts WHERE account_id = $1",
    [accountId],
  );
  const problem = passwordProblem(newPassword, Object.values(about ?? {}).map(String));
  if (problem !== undefined) throw invalid(problem);
  const passwordHash = await hashPassword(newPassword);
  const email = about?.email_address ?? undefined;
  const mailNow = await mail.now();
  await db.transaction(async (tx) => {
    await writePassword(tx, { accountId, passwordHash, keepSession });
    await record(tx, "password-changed", { account_id: accountId });
    if (email !== undefined) await mailNow.post(tx, { kind: "password_changed", email, accountId });
  });
}

/** Writes a password that has been looked at; every session but `keepSession`, and every link to choose another one, ends. */
export async function writePassword(
  tx: Transaction,
  { accountId, passwordHash, keepSession }: { accountId: string; passwordHash: string; keepSession: string },
): Promise<void> {
  await tx.execute("UPDATE accounts SET password_hash = $2 WHERE account_id = $1", [accountId, passwordHash]);
  await endResets(tx, accountId);
  await endSessions(tx, { accountId, exceptHash: keepSession });
}

/** Links made before they were bound to an account are known by its address. */
async function endResets(tx: Transaction, accountId: string): Promise<void> {
  await tx.execute(
    `DELETE FROM password_reset WHERE account_id = $1
       OR (account_id IS NULL AND email_address = (SELECT email_address FROM accounts WHERE account_id = $1))`,
    [accountId],
  );
}

interface EmailParts {
  db: Db;
  limits: RateLimits;
  mail: Mail;
}

/**
 * Changes the address by which somebody signs in; the new one is sent a challenge where addresses are verified, the old one is told.
 * @throws AppError `conflict` when it is in use, `rate_limited`.
 */
export async function setEmailAddress(
  { db, limits, mail }: EmailParts,
  { accountId, email }: { accountId: string; email: string },
): Promise<void> {
  await countAddress(limits, { accountId, email });
  const mailNow = await mail.now();
  try {
    await db.transaction(async (tx) => {
      const old = await writeEmailAddress(tx, { accountId, email });
      if (old === email) return; // links that are on their way there stay good
      await record(tx, "email-address-changed", { account_id: accountId });
      if (mailNow.verifies) await mailNow.post(tx, { kind: "verify_email", email, accountId });
      if (old !== null) await mailNow.post(tx, { kind: "email_changed", email: old, accountId });
    });
  } catch (error) {
    if (sqlState(error) === VIOLATES_UNIQUE) throw inUse();
    throw error;
  }
}

/** Returns the address before. */
async function writeEmailAddress(
  tx: Transaction,
  { accountId, email }: { accountId: string; email: string },
): Promise<string | null> {
  await tx.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`account e-mail ${email}`]);
  const [other] = await tx.query("SELECT FROM accounts WHERE lower(email_address) = $1 AND account_id <> $2", [
    email,
    accountId,
  ]);
  if (other !== undefined) throw inUse();
  const [own] = await tx.query<{ email_address: string | null }>(
    "SELECT email_address FROM accounts WHERE account_id = $1 FOR UPDATE",
    [accountId],
  );
  if (own?.email_address === email) return email;
  await endResets(tx, accountId);
  await tx.execute("UPDATE accounts SET email_address = $2, email_address_challenge = NULL WHERE account_id = $1", [
    accountId,
    email,
  ]);
  return own?.email_address ?? null;
}

function inUse() {
  return conflict("This e-mail address cannot be used; try another one.");
}

/** Bans an account, or takes the ban back; recorded. @throws AppError `not_found`, `invalid` for oneself, `conflict` for the last administrator. */
export async function setBanned(db: Db, { by, accountId, banned }: { by: string; accountId: string; banned: boolean }) {
  if (by === accountId) throw invalid("You cannot ban yourself.");
  await db.transaction(async (tx) => {
    if (banned) await keepAnAdmin(tx, accountId);
    const written = await tx.execute("UPDATE accounts SET banned = $2 WHERE account_id = $1", [accountId, banned]);
    if (written === 0) throw notFound("There is no such account.");
    if (banned) await endSessions(tx, { accountId });
    await record(tx, banned ? "account-banned" : "account-unbanned", { account_id: accountId, by });
  });
}

/**
 * Deletes an account: its sessions and keys end, it leaves the projects of others with what it invited to them; the row stays for the logs, its address becomes free.
 * Who deletes their own hands over first what others would be left with; an administrator deletes any, and makes somebody else an owner.
 * @throws AppError `not_found`; `conflict` for the last administrator, and for somebody whose projects would be left without an owner.
 */
export async function deleteAccount(db: Db, { by, accountId }: { by: string; accountId: string }): Promise<void> {
  await db.transaction(async (tx) => {
    await keepAnAdmin(tx, accountId);
    if (by === accountId) await checkNothingIsOrphaned(tx, accountId);
    const written = await tx.execute(
      `UPDATE accounts SET deleted = true, email_address_before_delete = email_address, email_address = NULL, password_hash = NULL,
         passports = NULL, ssh_keys = NULL, api_key = NULL, name = NULL, groups = NULL WHERE account_id = $1 AND deleted IS NOT TRUE`,
      [accountId],
    );
    if (written === 0) throw notFound("There is no such account.");
    await endSessions(tx, { accountId });
    await tx.execute("DELETE FROM api_keys WHERE account_id = $1", [accountId]);
    await leaveProjects(tx, accountId);
    await record(tx, "account-deleted", { account_id: accountId, by });
  });
}

/** What it invited to them is taken back. Rows are locked in order, as everybody does who writes several. */
async function leaveProjects(tx: Transaction, accountId: string): Promise<void> {
  const left = await tx.query<{ project_id: string }>(
    `SELECT project_id FROM projects WHERE users ? $1 AND users -> $1 ->> 'group' <> 'owner'
     ORDER BY project_id FOR NO KEY UPDATE`,
    [accountId],
  );
  const projectIds = left.map(({ project_id }) => project_id);
  await tx.execute("UPDATE projects SET users = users - $2::text WHERE project_id = ANY($1::uuid[])", [
    projectIds,
    accountId,
  ]);
  await withdrawInvitationsBy(tx, { projectIds, invitedBy: accountId });
}
