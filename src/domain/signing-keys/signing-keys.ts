/** The Ed25519 key with which hubs sign assertions to project servers, kept in the database so that all hubs share it. */

import { exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import type { Db, Queryable } from "../../db/db.ts";

/** The algorithm of our assertions (JWS). */
export const SIGNING_ALGORITHM = "EdDSA";

/** What a hub signs with: the private key, and the id under which pods find the public one. */
export interface SigningKey {
  kid: string;
  key: CryptoKey;
}

interface KeyRow {
  kid: string;
  private_jwk: JWK;
}

/** The key that hubs sign with now: the oldest that is not retired, since pods that run know it. Makes the first one. */
export async function signingKey(db: Db): Promise<SigningKey> {
  const row = (await currentKey(db)) ?? (await makeFirstKey(db));
  const key = await importJWK(row.private_jwk, SIGNING_ALGORITHM);
  if (key instanceof Uint8Array) throw new Error("the signing key in hub_signing_keys is not an asymmetric one");
  return { kid: row.kid, key };
}

/** The public halves as a JWK set: what a pod is given. Makes the first key if there is none. */
export async function publicKeys(db: Db): Promise<{ keys: JWK[] }> {
  const rows = await notRetired(db);
  if (rows.length > 0) return { keys: rows };
  await makeFirstKey(db);
  return { keys: await notRetired(db) };
}

async function notRetired(db: Queryable): Promise<JWK[]> {
  const rows = await db.query<{ public_jwk: JWK }>(
    "SELECT public_jwk FROM hub_signing_keys WHERE retired IS NULL ORDER BY created, kid",
  );
  return rows.map(({ public_jwk }) => public_jwk);
}

async function currentKey(db: Queryable): Promise<KeyRow | undefined> {
  const [row] = await db.query<KeyRow>(
    "SELECT kid, private_jwk FROM hub_signing_keys WHERE retired IS NULL ORDER BY created, kid LIMIT 1",
  );
  return row;
}

/** Replicas that start together wait for one another: one of them makes the key, the others read it. */
async function makeFirstKey(db: Db): Promise<KeyRow> {
  const made = await newKey();
  return db.transaction(async (tx) => {
    await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('hub_signing_keys', 0))");
    const there = await currentKey(tx);
    if (there !== undefined) return there;
    await tx.execute("INSERT INTO hub_signing_keys (kid, private_jwk, public_jwk) VALUES ($1, $2, $3)", [
      made.kid,
      JSON.stringify(made.private_jwk),
      JSON.stringify(made.public_jwk),
    ]);
    return made;
  });
}

async function newKey(): Promise<KeyRow & { public_jwk: JWK }> {
  const { publicKey, privateKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
  const kid = crypto.randomUUID();
  const about = { kid, alg: SIGNING_ALGORITHM, use: "sig" };
  return {
    kid,
    private_jwk: { ...(await exportJWK(privateKey)), ...about },
    public_jwk: { ...(await exportJWK(publicKey)), ...about },
  };
}
