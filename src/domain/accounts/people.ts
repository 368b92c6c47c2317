/** What people may know of each other: names by id, search by name or whole e-mail address, one's own profile. */

import type { Queryable } from "../../db/db.ts";

export interface Person {
  account_id: string;
  first_name: string;
  last_name: string;
  name: string | null;
  profile: { image?: string; color?: string } | null;
}

const PERSON = `account_id, coalesce(first_name, '') AS first_name, coalesce(last_name, '') AS last_name, name,
  nullif(jsonb_strip_nulls(jsonb_build_object('image', profile ->> 'image', 'color', profile ->> 'color')), '{}') AS profile`;

/** Those of the accounts that exist, deleted ones too: their names stand in logs. */
export function peopleById(db: Queryable, accountIds: readonly string[]): Promise<Person[]> {
  return db.query<Person>(`SELECT ${PERSON} FROM accounts WHERE account_id = ANY($1::uuid[])`, [accountIds]);
}

export interface OwnProfile extends Person {
  email_address: string | null;
  email_address_verified: boolean;
  is_admin: boolean;
  created: Date;
}

/** What an account sees of itself. */
export async function ownProfile(db: Queryable, accountId: string): Promise<OwnProfile | undefined> {
  const [profile] = await db.query<OwnProfile>(
    `SELECT ${PERSON}, email_address, coalesce(email_address_verified ? email_address, false) AS email_address_verified,
       coalesce('admin' = ANY(groups), false) AS is_admin, created
     FROM accounts WHERE account_id = $1 AND deleted IS NOT TRUE`,
    [accountId],
  );
  return profile;
}

export interface FoundPerson extends Person {
  last_active: Date | null;
  email_address: string | null;
  banned: boolean;
}

/**
 * People whose first or last name begins with the words of `text`, or whose e-mail address it is; unlisted ones only by address.
 * Answered from the indexes on lower(first_name), lower(last_name) and lower(email_address).
 */
export function findPeople(db: Queryable, { text, limit }: { text: string; limit: number }): Promise<FoundPerson[]> {
  const plain = text.trim().toLowerCase();
  if (plain.includes("@")) return findByEmail(db, plain);
  const [first = "", second = ""] = plain.split(/\s+/).map(asPrefix);
  return db.query<FoundPerson>(
    `SELECT ${PERSON}, last_active, email_address, banned IS TRUE AS banned FROM accounts
     WHERE deleted IS NOT TRUE AND unlisted IS NOT TRUE AND (
       (lower(first_name) LIKE $1 AND ($2 = '' OR lower(last_name) LIKE $2)) OR
       (lower(last_name) LIKE $1 AND ($2 = '' OR lower(first_name) LIKE $2)))
     ORDER BY last_active DESC NULLS LAST, account_id LIMIT $3`,
    [first, second, limit],
  );
}

function findByEmail(db: Queryable, email: string): Promise<FoundPerson[]> {
  return db.query<FoundPerson>(
    `SELECT ${PERSON}, last_active, email_address, banned IS TRUE AS banned FROM accounts
     WHERE lower(email_address) = $1 AND deleted IS NOT TRUE`,
    [email],
  );
}

function asPrefix(word: string): string {
  return `${word.replace(/[\\%_]/g, "\\$&")}%`;
}
