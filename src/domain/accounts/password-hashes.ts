/** Hashes of passwords: argon2id for new ones, and the older sha512 ones, which are replaced when their owner signs in. */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";
import { unavailable } from "../../core/errors.ts";

/** 19 MiB and two passes: about 97 characters as text, which fits `password_hash VARCHAR(173)`. argon2id is the library's default. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const ARGON_PREFIX = "$argon2id$";
/** How a hash with these options begins; its salt and its digest follow. */
const CURRENT_PREFIX = `${ARGON_PREFIX}v=19$m=${OPTIONS.memoryCost},t=${OPTIONS.timeCost},p=${OPTIONS.parallelism}$`;
/** Fits no password, and takes as long to find out as any other. */
const HASH_OF_NOTHING = CURRENT_PREFIX + [16, 32].map((length) => unpaddedBase64(randomBytes(length))).join("$");

/** Hashing is bounded: what strangers ask for must not take all memory and threads. */
const MAX_AT_ONCE = 4;
const MAX_WAITING = 500;
let atOnce = 0;
const waiting: (() => void)[] = [];

/** A hash to store. */
export function hashPassword(password: string): Promise<string> {
  return bounded(() => hash(password, OPTIONS));
}

/**
 * Is it this password? The same work is done whatever is stored, also for nothing and for an older kind: the time does not tell whether there
 * is an account, nor how old it is.
 */
export async function verifyPassword(stored: string | null | undefined, password: string): Promise<boolean> {
  const isHash = stored?.startsWith(ARGON_PREFIX) === true;
  const against = isHash ? stored : HASH_OF_NOTHING;
  return bounded(async () => {
    const matching = verify(against, password).catch(() => false); // a stored hash that is damaged fits nothing
    const isLegacy = verifyLegacy(stored ?? "", password); // short, while the other one is worked on by a thread
    return (await matching) ? isHash : isLegacy;
  });
}

/** Is the stored hash of an older kind, to be replaced now that the password is known? */
export function isOutdated(stored: string): boolean {
  return !stored.startsWith(CURRENT_PREFIX);
}

const MAX_LEGACY_ITERATIONS = 10_000;

/** `sha512$<salt>$<iterations>$<hex>`: HMAC of the password under the salt, repeated on its own result. */
function verifyLegacy(stored: string, password: string): boolean {
  const [kind, salt = "", rounds = "", digest = ""] = stored.split("$");
  const iterations = Number(rounds);
  if (kind !== "sha512" || !Number.isInteger(iterations) || iterations < 1 || iterations > MAX_LEGACY_ITERATIONS)
    return false;
  let value = password;
  for (let round = 0; round < iterations; round += 1) value = createHmac("sha512", salt).update(value).digest("hex");
  const [a, b] = [Buffer.from(value), Buffer.from(digest)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function bounded<T>(act: () => Promise<T>): Promise<T> {
  if (atOnce < MAX_AT_ONCE) atOnce += 1;
  else await turn();
  try {
    return await act();
  } finally {
    const next = waiting.shift();
    if (next === undefined) atOnce -= 1;
    else next(); // hands its place on
  }
}

function turn(): Promise<void> {
  if (waiting.length >= MAX_WAITING) throw unavailable("Too many people sign in right now; try again in a moment.");
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  return promise;
}

function unpaddedBase64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
