/** Handlers of `/api/v2/auth/…`. */

import { askForReset, redeemReset } from "../../../src/domain/accounts/password-reset.ts";
import { PASSWORD_RULES, passwordProblem, passwordStrength } from "../../../src/domain/accounts/password-rules.ts";
import { emailAddress } from "../../../src/domain/accounts/rules.ts";
import { hasPassword } from "../../../src/domain/accounts/sign-in.ts";
import { takesToken } from "../../../src/domain/accounts/sign-up.ts";
import { redeemChallenge } from "../../../src/domain/accounts/verification.ts";
import type { authEndpoints } from "../../../src/protocol/api-v2-auth.ts";
import { parseTyped } from "../parse-typed.ts";
import { signInHere, signUpHere } from "../sessions.ts";
import { type Handlers, OK } from "./call.ts";

export const auth: Handlers<keyof typeof authEndpoints> = {
  "auth/sign-up": async (call, body) => ({ account_id: await signUpHere(call, body) }),
  "auth/sign-in": async (call, body) => ({ account_id: await signInHere(call, body) }),
  "auth/password-reset": async ({ hub, visitor }, { email }) => {
    await askForReset(hub, { email: parseTyped(emailAddress, email), address: visitor.client.address });
    return OK;
  },
  "auth/redeem-password-reset": async ({ hub }, { password, passwordResetId }) => {
    await redeemReset(hub, { token: passwordResetId, newPassword: password });
    return OK;
  },
  "auth/redeem-verify-email": async ({ hub }, { email_address, token }) => {
    await redeemChallenge(hub.db, { email: parseTyped(emailAddress, email_address), token });
    return OK;
  },
  "auth/requires-token": ({ hub: { db } }) => takesToken(db),
  "auth/password-strength": async (_call, { password }) => ({
    score: passwordStrength(password),
    help: passwordProblem(password) ?? PASSWORD_RULES,
  }),
  "auth/has-password": async ({ hub: { db }, accountId }) => ({ hasPassword: await hasPassword(db, accountId) }),
};
