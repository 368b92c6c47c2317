/** What an e-mail address and a name have to be. Pure; passwords have rules of their own. */

import { z } from "zod";

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
