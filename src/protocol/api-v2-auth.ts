/** `/api/v2/auth/…`: signing up and in, choosing a new password, verifying an e-mail address. */

import { z } from "zod";
import { done, type Endpoints } from "./api-v2.ts";
import { uuid } from "./common.ts";

const email = z.string().max(254);
const password = z.string().max(1_000);
/** The secret in a link of ours. */
const token = z.string().max(100);

export const authEndpoints = {
  "auth/sign-up": {
    access: "anyone",
    summary: "Makes an account and signs in: the answer sets the session cookie.",
    input: z.object({
      email,
      password,
      firstName: z.string().max(254),
      lastName: z.string().max(254),
      terms: z.boolean().default(false),
      registrationToken: z.string().max(256).optional(),
      tags: z.array(z.string().max(100)).max(50).optional(),
      signupReason: z.string().max(1_000).optional(),
    }),
    output: z.object({ account_id: uuid }),
  },
  "auth/sign-in": {
    access: "anyone",
    summary: "Signs in by e-mail address and password: the answer sets the session cookie.",
    input: z.object({ email, password }),
    output: z.object({ account_id: uuid }),
  },
  "auth/password-reset": {
    access: "anyone",
    summary:
      "Sends a link with which a new password is chosen, if there is an account with this e-mail address: the answer does not tell.",
    input: z.object({ email }),
    output: done,
  },
  "auth/redeem-password-reset": {
    access: "anyone",
    summary:
      "Sets a new password by the last part of such a link, once. Every session and API key of the account ends; nobody is signed in by it.",
    input: z.object({ password, passwordResetId: token }),
    output: done,
  },
  "auth/redeem-verify-email": {
    access: "anyone",
    summary: "Verifies an e-mail address by the last part of the link that was sent to it.",
    input: z.object({ email_address: email, token }),
    output: done,
  },
  "auth/requires-token": {
    access: "anyone",
    summary: "Does signing up take a registration token?",
    input: z.object({}),
    output: z.boolean(),
  },
  "auth/password-strength": {
    access: "anyone",
    summary: "How good a new password would be: 0 is refused, with the reason.",
    input: z.object({ password }),
    output: z.object({ score: z.number().int().min(0).max(4), help: z.string() }),
  },
  "auth/has-password": {
    access: "account",
    summary: "Has the caller's account a password?",
    input: z.object({}),
    output: z.object({ hasPassword: z.boolean() }),
  },
} as const satisfies Endpoints;
