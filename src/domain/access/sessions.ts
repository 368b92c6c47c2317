/** Sessions of browsers: the table remember_me, which holds a hash of the secret in the cookie and never the secret. */

import type { Queryable } from "../../db/db.ts";
import { deleteExpired } from "../../db/delete-expired.ts";
import type { Identity } from "./identity.ts";
import { noteSeen } from "./session-list.ts";
import { hashToken, randomToken } from "./tokens.ts";

export const SESSION_SECONDS = 30 * 24 * 3600;

export interface NewSession {
  /** The secret: for the cookie alone. */
  cookieValue: string;
  hash: string;
  expire: Date;
}

interface SessionWish {
  accountId: string;
  /** 30 days by default. */
  ttlSeconds?: number;
  /** Roughly which one, in words of `browserName`. */
  browser?: string;
}

/** More than a class has that shares one account; of more, those that were not used for the longest time end. */
const MAX_SESSIONS = 1_000;

/** Begins a session of an account whose password was just typed. */
export async function createSession(
  db: Queryable,
  { accountId, ttlSeconds = SESSION_SECONDS, browser }: SessionWish,
): Promise<NewSession> {
  const cookieValue = randomToken();
  const hash = hashToken(cookieValue);
  const expire = new Date(Date.now() + ttlSeconds * 1_000);
  await db.execute(
    `INSERT INTO remember_me (hash, value, account_id, expire, browser, last_active, proved)
     VALUES ($1, $2, $3, $4, $5, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')`,
    [hash, JSON.stringify({ event: "signed_in", account_id: accountId }), accountId, expire, browser ?? null],
  );
  await db.execute(
    `DELETE FROM remember_me WHERE hash IN (
       SELECT hash FROM remember_me WHERE account_id = $1 ORDER BY last_active DESC NULLS LAST, created DESC NULLS LAST OFFSET $2)`,
    [accountId, MAX_SESSIONS],
  );
  return { cookieValue, hash, expire };
}

/** Ends one session; everything open by it ends through NOTIFY. False when there was none. */
export async function endSession(db: Queryable, hash: string): Promise<boolean> {
  return (await db.execute("DELETE FROM remember_me WHERE hash = $1", [hash])) > 0;
}

/** Ends all sessions of an account, but for `exceptHash`; says how many. */
export function endSessions(
  db: Queryable,
  { accountId, exceptHash = "" }: { accountId: string; exceptHash?: string },
): Promise<number> {
  return db.execute("DELETE FROM remember_me WHERE account_id = $1 AND hash <> $2", [accountId, exceptHash]);
}

/** Deletes sessions that ended by themselves, and the cookies of projects' origins with them; called now and then. */
export async function deleteExpiredSessions(db: Queryable): Promise<void> {
  await deleteExpired(db, { table: "remember_me", key: "hash" });
}

/** Columns of an account that make it an identity; `a` is the alias of accounts. */
export const IDENTITY_COLUMNS = `a.account_id, coalesce('admin' = ANY(a.groups), false) AS is_admin,
  trim(concat_ws(' ', a.first_name, a.last_name)) AS name`;
/** May the account do anything at all? */
export const ACCOUNT_IS_LIVE = "a.deleted IS NOT TRUE AND a.banned IS NOT TRUE";

interface SessionRow {
  hash: string;
  account_id: string;
  is_admin: boolean;
  name: string;
  expire: Date;
}

/** The identities of those of the sessions that are alive, by hash. */
export async function sessionsOf(db: Queryable, hashes: readonly string[]): Promise<Map<string, Identity>> {
  if (hashes.length === 0) return new Map();
  const rows = await db.query<SessionRow>(
    `SELECT s.hash, s.expire, ${IDENTITY_COLUMNS} FROM remember_me s JOIN accounts a USING (account_id)
     WHERE s.hash = ANY($1::char(127)[]) AND s.expire > now() AT TIME ZONE 'UTC' AND ${ACCOUNT_IS_LIVE}`,
    [hashes],
  );
  return new Map(rows.map((row) => [row.hash.trimEnd(), identityOf(row)])); // CHAR(127) comes padded
}

/**
 * Whose session it is, by the hash of the cookie's value; undefined when it ended, or the account is banned or deleted. Notes that it was
 * used.
 */
export async function sessionOf(db: Queryable, hash: string): Promise<Identity | undefined> {
  const identity = (await sessionsOf(db, [hash])).get(hash);
  if (identity !== undefined) await noteSeen(db, hash);
  return identity;
}

function identityOf({ hash, account_id, is_admin, name, expire }: SessionRow): Identity {
  return {
    accountId: account_id,
    isAdmin: is_admin,
    credential: { kind: "session", hash: hash.trimEnd() },
    projectId: undefined,
    expire,
    name,
  };
}
