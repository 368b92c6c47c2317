/** What a browser shows of accounts: all of one's own, and names and colours of others. */

import type { Queryable } from "../../db/db.ts";
import type { AccountView, HubAnswers } from "../../protocol/hub-socket.ts";

interface AccountRow {
  account_id: string;
  email_address: string | null;
  email_address_verified: boolean;
  first_name: string | null;
  last_name: string | null;
  is_admin: boolean;
  profile: { image?: string; color?: string } | null;
}

/** Those of the accounts that exist, in no order. */
export async function accountViews(db: Queryable, accountIds: readonly string[]): Promise<AccountView[]> {
  const rows = await db.query<AccountRow>(
    `SELECT account_id, email_address, coalesce(email_address_verified ? email_address, false) AS email_address_verified,
       first_name, last_name, coalesce('admin' = ANY(groups), false) AS is_admin, profile
     FROM accounts WHERE account_id = ANY($1::uuid[])`,
    [accountIds],
  );
  return rows.map((row) => ({ ...row, first_name: row.first_name ?? "", last_name: row.last_name ?? "" }));
}

/** Names by account id; deleted accounts included, since what they did stays. */
export async function namesOf(db: Queryable, accountIds: readonly string[]): Promise<HubAnswers["get_names"]["names"]> {
  const accounts = await accountViews(db, accountIds);
  const named = accounts.map(({ account_id, first_name, last_name, profile }) => {
    const color = typeof profile?.color === "string" ? { color: profile.color } : {};
    return [account_id, { first_name, last_name, ...color }] as const;
  });
  return Object.fromEntries(named);
}
