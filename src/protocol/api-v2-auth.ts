/** `/api/v2/auth/…`: signing up and in. */

import { z } from "zod";
import type { Endpoints } from "./api-v2.ts";
import { uuid } from "./common.ts";

const email = z.string().max(254);
const password = z.string().max(1_000);

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
