/** Random secrets and the hashes under which they are kept; not for passwords, which people choose. */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** 256 random bits as base64url: 43 characters. */
export function randomToken(): string {
  return randomBytes(32).toString("base64url");
}

const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** Has it the form of a token of ours? Looked at before anything is asked of the database. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** SHA-256 as base64url, 43 characters: a fast hash is right for 256 random bits, which nobody guesses. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

/** Compares two hashes in a time that does not depend on where they differ. */
export function sameHash(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
