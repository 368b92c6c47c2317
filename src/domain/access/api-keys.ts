/** API keys: `sk-` secrets of an account or of one project; the table keeps a hash, and a few characters by which people know them. */

import { invalid, notFound } from "../../core/errors.ts";
import type { Queryable, Transaction } from "../../db/db.ts";
import type { Identity } from "./identity.ts";
import { ACCOUNT_IS_LIVE, IDENTITY_COLUMNS } from "./sessions.ts";
import { hashToken, isToken, randomToken, sameHash } from "./tokens.ts";

/** Most keys of one account. */
const MAX_KEYS = 100;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_LENGTH = 6;

/** `sk-`, 256 random bits, and the row's id in base 62, by which the row is found. */
const API_KEY = /^sk-([A-Za-z0-9_-]{43})([0-9A-Za-z]{6})$/;

/** A key as it may be shown: never the secret. */
export interface ApiKeyView {
  id: number;
  account_id: string;
  name: string;
  /** First and last characters of the secret. */
  trunc: string;
  created: Date;
  expire: Date | null;
  last_active: Date | null;
  project_id: string | null;
  /** May it do what its account may as an administrator's? */
  acts_as_admin: boolean;
}

const VIEW = "id, account_id, name, trunc, created, expire, last_active, project_id, acts_as_admin";

interface Owner {
  accountId: string;
  /** Keys of this project; absent: keys of the whole account. */
  projectId?: string | undefined;
}

interface NewKey extends Owner {
  name: string;
  expire?: Date | undefined;
  /** An administrator makes it, as one; without it the key may what its account may as anybody's, for good. */
  actsAsAdmin?: boolean;
}

/** Makes a key; `secret` is told this once. @throws AppError `invalid` when the account has too many. */
export async function createApiKey(
  db: { transaction<T>(act: (tx: Transaction) => Promise<T>): Promise<T> },
  { accountId, projectId, name, expire, actsAsAdmin = false }: NewKey,
): Promise<{ secret: string; key: ApiKeyView }> {
  return db.transaction(async (tx) => {
    const [count] = await tx.query<{ count: number }>("SELECT count(*) FROM api_keys WHERE account_id = $1", [
      accountId,
    ]);
    if ((count?.count ?? 0) >= MAX_KEYS) throw invalid(`There are ${MAX_KEYS} API keys already; delete one first.`);
    const [next] = await tx.query<{ id: number }>("SELECT nextval(pg_get_serial_sequence('api_keys', 'id')) AS id");
    if (next === undefined) throw new Error("the sequence of api_keys gave nothing");
    const asAdmin = actsAsAdmin && projectId === undefined;
    const secret = `sk-${randomToken()}${base62(next.id)}`;
    const rows = await tx.query<ApiKeyView>(
      `INSERT INTO api_keys (id, account_id, expire, hash, name, trunc, project_id, acts_as_admin)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${VIEW}`,
      [next.id, accountId, expire ?? null, hashToken(secret), name, truncate(secret), projectId ?? null, asAdmin],
    );
    const [key] = rows;
    if (key === undefined) throw new Error("the new API key was not returned");
    return { secret, key };
  });
}

/** The keys of an account, or those it has for one project. */
export function listApiKeys(db: Queryable, { accountId, projectId }: Owner): Promise<ApiKeyView[]> {
  return db.query<ApiKeyView>(
    `SELECT ${VIEW} FROM api_keys WHERE account_id = $1 AND project_id IS NOT DISTINCT FROM $2 ORDER BY id`,
    [accountId, projectId ?? null],
  );
}

/** Changes name or end of a key; `expire: null` takes the end away. @throws AppError `not_found`. */
export async function editApiKey(
  db: Queryable,
  { accountId, id, name, expire }: { accountId: string; id: number; name?: string; expire?: Date | null },
): Promise<ApiKeyView> {
  const [key] = await db.query<ApiKeyView>(
    `UPDATE api_keys SET name = coalesce($3, name), expire = CASE WHEN $4 THEN $5::timestamp ELSE expire END
     WHERE id = $2 AND account_id = $1 RETURNING ${VIEW}`,
    [accountId, id, name ?? null, expire !== undefined, expire ?? null],
  );
  if (key === undefined) throw notFound("You have no such API key; list them anew.");
  return key;
}

/** Deletes a key; everything open by it ends through NOTIFY. @throws AppError `not_found`. */
export async function deleteApiKey(db: Queryable, { accountId, id }: { accountId: string; id: number }): Promise<void> {
  const deleted = await db.execute("DELETE FROM api_keys WHERE id = $2 AND account_id = $1", [accountId, id]);
  if (deleted === 0) throw notFound("You have no such API key; list them anew.");
}

/** The id that a secret names; undefined when it has not the form of a key. */
export function apiKeyId(secret: string): number | undefined {
  const parts = API_KEY.exec(secret);
  if (parts?.[1] === undefined || parts[2] === undefined || !isToken(parts[1])) return undefined;
  return [...parts[2]].reduce((id, digit) => id * 62 + ALPHABET.indexOf(digit), 0);
}

interface KeyRow {
  id: number;
  hash: string;
  account_id: string;
  is_admin: boolean;
  acts_as_admin: boolean;
  name: string;
  expire: Date | null;
  project_id: string | null;
}

/** The identities of those of the keys that are alive, by id; who has only the id has proved nothing. */
export async function apiKeysOf(
  db: Queryable,
  ids: readonly number[],
): Promise<Map<number, { identity: Identity; hash: string }>> {
  if (ids.length === 0) return new Map();
  const rows = await db.query<KeyRow>(
    `SELECT k.id, k.hash, k.expire, k.project_id, k.acts_as_admin, ${IDENTITY_COLUMNS} FROM api_keys k JOIN accounts a USING (account_id)
     WHERE k.id = ANY($1::int[]) AND (k.expire IS NULL OR k.expire > now() AT TIME ZONE 'UTC') AND ${ACCOUNT_IS_LIVE}`,
    [ids.filter((id) => id < 2 ** 31)],
  );
  return new Map(rows.map((row) => [row.id, { identity: identityOf(row), hash: row.hash }]));
}

/** Whose key it is; undefined when it is wrong, ended, or of a banned or deleted account. Notes that it was used, once a minute. */
export async function verifyApiKey(db: Queryable, secret: string): Promise<Identity | undefined> {
  const id = apiKeyId(secret);
  if (id === undefined) return undefined;
  const found = (await apiKeysOf(db, [id])).get(id);
  if (found === undefined || !sameHash(found.hash, hashToken(secret))) return undefined;
  await db.execute(
    `UPDATE api_keys SET last_active = now() AT TIME ZONE 'UTC'
     WHERE id = $1 AND (last_active IS NULL OR last_active < now() AT TIME ZONE 'UTC' - interval '1 minute')`,
    [id],
  );
  return found.identity;
}

function identityOf({ id, account_id, is_admin, acts_as_admin, name, expire, project_id }: KeyRow): Identity {
  return {
    accountId: account_id,
    isAdmin: is_admin && acts_as_admin && project_id === null,
    credential: { kind: "api_key", id },
    projectId: project_id ?? undefined,
    expire: expire ?? undefined,
    name,
  };
}

function base62(id: number): string {
  let digits = "";
  for (let rest = id; rest > 0; rest = Math.floor(rest / 62)) digits = `${ALPHABET[rest % 62]}${digits}`;
  return digits.padStart(ID_LENGTH, "0");
}

function truncate(secret: string): string {
  return `${secret.slice(0, 6)}…${secret.slice(-6)}`;
}
