/** What an account's own browsers are told of it; of others they know what people.ts tells. */

import type { Queryable } from "../../db/db.ts";
import type { AccountView } from "../../protocol/hub-socket.ts";

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
