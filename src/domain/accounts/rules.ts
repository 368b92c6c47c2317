/** What an e-mail address, a name and a password have to be. Pure, told before and after. */

import { z } from "zod";
import { COMMON_PASSWORDS } from "./common-passwords.ts";

export const MIN_PASSWORD = 8;
/** Longer ones would only be work for the hash. */
export const MAX_PASSWORD = 256;

/** Shown beside every field for a new password. */
export const PASSWORD_RULES = `At least ${MIN_PASSWORD} characters; a few unrelated words are good. Not your e-mail address or name, and nothing that everybody uses.`;

/** Addresses are compared and kept in lower case. */
export const emailAddress = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email("Write an e-mail address such as ada@example.org."));

/** Letters of any script; no control characters, no line breaks, nothing that turns the direction of writing. */
export const personName = z
  .string()
  .trim()
  .min(1, "Write a name.")
  .max(254)
  .regex(/^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+$/u, "A name cannot hold control characters.");

/** Vanity name in addresses: 1–39 letters, digits, single inner hyphens. */
export const vanityName = z
  .string()
  .regex(/^[a-z0-9](?:-?[a-z0-9]){0,38}$/i, "Use 1 to 39 letters, digits and single hyphens.")
  .refine((name) => !z.uuid().safeParse(name).success, "A UUID cannot be a name.");

/** What is wrong with a new password, in words; undefined: it will do. `about` is what others know of its owner. */
export function passwordProblem(password: string, about: readonly string[] = []): string | undefined {
  const length = [...password].length;
  if (length < MIN_PASSWORD) return `The password is too short: use at least ${MIN_PASSWORD} characters.`;
  if (length > MAX_PASSWORD) return `The password is too long: use at most ${MAX_PASSWORD} characters.`;
  const plain = password.toLowerCase();
  if (new Set(plain).size < 4) return "The password repeats the same few characters; use a few unrelated words.";
  if (isRun(plain)) return "The password is a simple row of characters; use a few unrelated words.";
  if (COMMON_PASSWORDS.has(plain) || COMMON_PASSWORDS.has(plain.replace(/[\d!?.@#$%^&*_-]+$/, ""))) {
    return "This password is one of those that everybody uses; choose another one.";
  }
  if (ownWords(about).some((word) => plain.includes(word) && plain.length - word.length < MIN_PASSWORD / 2)) {
    return "The password is made of your own name or address; choose another one.";
  }
  return undefined;
}

/** 0 (refused) to 4, as a bar beside the field. */
export function passwordStrength(password: string): number {
  if (passwordProblem(password) !== undefined) return 0;
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(password)).length;
  const score = [...password].length + 2 * kinds + new Set(password).size / 2;
  return score < 16 ? 1 : score < 20 ? 2 : score < 26 ? 3 : 4;
}

/** 12345678, hgfedcba: each character follows from the one before by the same step. */
function isRun(text: string): boolean {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  const step = (codes[1] ?? 0) - (codes[0] ?? 0);
  return Math.abs(step) <= 1 && codes.every((code, index) => index === 0 || code - (codes[index - 1] ?? 0) === step);
}

function ownWords(about: readonly string[]): string[] {
  return about
    .flatMap((text) => [text, ...text.split(/[\s@]+/)])
    .map((word) => word.toLowerCase())
    .filter((word) => word.length >= 4);
}
