/** Who is an administrator: `groups` of an account. A change and its record are one transaction. */

import { conflict, notFound } from "../../core/errors.ts";
import type { Db, Queryable } from "../../db/db.ts";
import { record } from "../central-log/central-log.ts";

/**
 * Makes the account with this e-mail address an administrator; again is harmless. `by`: the administrator who asks; absent: somebody at the
 * database itself. @throws AppError `not_found`.
 */
export async function grantAdmin(db: Db, email: string, by?: string): Promise<void> {
  await db.transaction(async (tx) => {
    const accountId = await accountOf(tx, email);
    await tx.execute(
      "UPDATE accounts SET groups = array_append(coalesce(groups, '{}'), 'admin') WHERE account_id = $1 AND NOT 'admin' = ANY(coalesce(groups, '{}'))",
      [accountId],
    );
    await record(tx, "admin-granted", { account_id: accountId, ...(by !== undefined && { by }) });
  });
}

/**
 * Takes the rights of an administrator from the account with this e-mail address. `by` as above: only at the database itself the last one can be taken away.
 * @throws AppError `not_found`, `conflict`.
 */
export async function revokeAdmin(db: Db, email: string, by?: string): Promise<void> {
  await db.transaction(async (tx) => {
    const accountId = await accountOf(tx, email);
    if (by !== undefined) await keepAnAdmin(tx, accountId);
    await tx.execute("UPDATE accounts SET groups = array_remove(groups, 'admin') WHERE account_id = $1", [accountId]);
    await record(tx, "admin-revoked", { account_id: accountId, ...(by !== undefined && { by }) });
  });
}

/** The account with this e-mail address. @throws AppError `not_found`. */
export async function accountOf(db: Queryable, email: string): Promise<string> {
  const [account] = await db.query<{ account_id: string }>(
    "SELECT account_id FROM accounts WHERE lower(email_address) = $1 AND deleted IS NOT TRUE",
    [email.trim().toLowerCase()],
  );
  if (account === undefined) throw notFound(`There is no account with the e-mail address ${email}; sign up first.`);
  return account.account_id;
}

/** One who is banned can do nothing, so somebody else has to be there. @throws AppError `conflict`. */
export async function keepAnAdmin(tx: Queryable, accountId: string): Promise<void> {
  const admins = await tx.query<{ account_id: string }>(
    `SELECT account_id FROM accounts WHERE 'admin' = ANY(groups) AND deleted IS NOT TRUE AND banned IS NOT TRUE
     ORDER BY account_id FOR NO KEY UPDATE`,
  );
  if (admins.length === 1 && admins[0]?.account_id === accountId) {
    throw conflict("This is the only administrator; make somebody else one first.");
  }
}
