/** Who is an administrator: `groups` of an account. A change and its record are one transaction. */

import { notFound } from "../../core/errors.ts";
import type { Db, Queryable } from "../../db/db.ts";
import { record } from "../central-log/central-log.ts";

/** Makes the account with this e-mail address an administrator; again is harmless. @throws AppError `not_found`. */
export async function grantAdmin(db: Db, email: string): Promise<void> {
  await db.transaction(async (tx) => {
    const accountId = await accountOf(tx, email);
    await tx.execute(
      "UPDATE accounts SET groups = array_append(coalesce(groups, '{}'), 'admin') WHERE account_id = $1 AND NOT 'admin' = ANY(coalesce(groups, '{}'))",
      [accountId],
    );
    await record(tx, "admin-granted", { account_id: accountId });
  });
}

/** Takes the rights of an administrator from the account with this e-mail address. @throws AppError `not_found`. */
export async function revokeAdmin(db: Db, email: string): Promise<void> {
  await db.transaction(async (tx) => {
    const accountId = await accountOf(tx, email);
    await tx.execute("UPDATE accounts SET groups = array_remove(groups, 'admin') WHERE account_id = $1", [accountId]);
    await record(tx, "admin-revoked", { account_id: accountId });
  });
}

async function accountOf(db: Queryable, email: string): Promise<string> {
  const [account] = await db.query<{ account_id: string }>(
    "SELECT account_id FROM accounts WHERE lower(email_address) = $1 AND deleted IS NOT TRUE",
    [email.trim().toLowerCase()],
  );
  if (account === undefined) throw notFound(`There is no account with the e-mail address ${email}; sign up first.`);
  return account.account_id;
}
