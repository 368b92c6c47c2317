/** Making an account: whether it is allowed, the token it may need, the first one as administrator, and the invitations that waited for it. */

import { randomUUID } from "node:crypto";
import { conflict, forbidden, invalid } from "../../core/errors.ts";
import { type Db, sqlState, type Transaction, VIOLATES_UNIQUE } from "../../db/db.ts";
import { siteKey } from "../../net/serve/address-key.ts";
import type { Mail } from "../mail/mail.ts";
import { applyInvitations } from "../projects/invitations.ts";
import type { RateLimits } from "../rate-limits/rate-limits.ts";
import { isOn, type SettingValues } from "../settings/values.ts";
import { SIGN_UP_ADDRESS } from "./limits.ts";
import { hashPassword } from "./password-hashes.ts";
import { passwordProblem } from "./password-rules.ts";
import { checkRegistrationToken, needsRegistrationToken, takeRegistrationToken } from "./registration-tokens.ts";

export interface SignUp {
  /** In lower case. */
  email: string;
  password: string;
  firstName: string;
  lastName: string;
  /** Agreed to the terms of service. */
  terms: boolean;
  registrationToken?: string | undefined;
  tags?: string[] | undefined;
  signupReason?: string | undefined;
  /** IP address of whoever asks. */
  address: string;
}

interface SignUpParts {
  db: Db;
  limits: RateLimits;
  settings: SettingValues;
  mail: Mail;
}

/** Any number, the same in every process: the lock under which the first account is made. */
const FIRST_ACCOUNT_LOCK = 7_316_220_581;

/** Makes the account and returns its id. @throws AppError `invalid`, `forbidden`, `conflict`, `rate_limited`. */
export async function signUp(parts: SignUpParts, wish: SignUp): Promise<string> {
  const { db, limits, settings, mail } = parts;
  const isFirst = !(await hasAccounts(db));
  if (!isFirst && !isOn(settings, "email_signup")) {
    throw forbidden("Accounts cannot be made here by e-mail address; ask whoever runs this site.");
  }
  if (!wish.terms && hasTerms(settings)) throw invalid("To sign up, agree to the terms of service.");
  const problem = passwordProblem(wish.password, [wish.email, wish.firstName, wish.lastName]);
  if (problem !== undefined) throw invalid(problem);
  await limits.consume(SIGN_UP_ADDRESS, siteKey(wish.address));
  if (!isFirst && (await needsRegistrationToken(db))) await checkRegistrationToken(db, limits, wish);
  const passwordHash = await hashPassword(wish.password);
  const alwaysAdmin = isOn(settings, "insecure_test_mode");
  const mailNow = await mail.now();
  try {
    return await db.transaction(async (tx) => {
      const accountId = await makeAccount(tx, { wish, passwordHash, maybeFirst: isFirst, alwaysAdmin });
      // What waits for an address is for whoever reads its mail: where that can be found out, it waits until then.
      if (mailNow.verifies) await mailNow.post(tx, { kind: "verify_email", email: wish.email, accountId });
      else await applyInvitations(tx, { accountId, email: wish.email });
      return accountId;
    });
  } catch (error) {
    if (sqlState(error) === VIOLATES_UNIQUE) throw taken();
    throw error;
  }
}

/** Are there terms to agree to? */
function hasTerms(settings: SettingValues): boolean {
  return settings.terms_of_service.trim() !== "" || settings.terms_of_service_url !== "";
}

/** Does signing up take a registration token now? The first account never does. */
export async function takesToken(db: Db): Promise<boolean> {
  return (await needsRegistrationToken(db)) && (await hasAccounts(db));
}

export async function hasAccounts(db: Db): Promise<boolean> {
  const [row] = await db.query<{ some: boolean }>("SELECT EXISTS (SELECT FROM accounts) AS some");
  return row?.some === true;
}

interface NewAccount {
  wish: SignUp;
  passwordHash: string;
  /** There was none a moment ago. */
  maybeFirst: boolean;
  alwaysAdmin: boolean;
}

async function makeAccount(
  tx: Transaction,
  { wish, passwordHash, maybeFirst, alwaysAdmin }: NewAccount,
): Promise<string> {
  const isFirst = maybeFirst && (await isStillFirst(tx));
  const token = isFirst ? undefined : await takeRegistrationToken(tx, wish.registrationToken);
  const [other] = await tx.query("SELECT FROM accounts WHERE lower(email_address) = $1", [wish.email]);
  if (other !== undefined) throw taken();
  const accountId = randomUUID();
  await tx.execute(
    `INSERT INTO accounts (account_id, email_address, password_hash, first_name, last_name, groups, created_by, last_active, tags,
       sign_up_usage_intent, customize, ephemeral, creation_actions_done)
     VALUES ($1, $2, $3, $4, $5, $6, $7, now() AT TIME ZONE 'UTC', $8, $9, $10, $11, true)`,
    [
      accountId,
      wish.email,
      passwordHash,
      wish.firstName,
      wish.lastName,
      isFirst || alwaysAdmin ? ["admin"] : null,
      wish.address === "" ? null : wish.address,
      wish.tags ?? null,
      wish.signupReason ?? null,
      token?.customize == null ? null : JSON.stringify(token.customize),
      token?.ephemeral ?? null,
    ],
  );
  return accountId;
}

/** Of several that come at once, one is first: they take turns here, and all but one find an account. */
async function isStillFirst(tx: Transaction): Promise<boolean> {
  await tx.query("SELECT pg_advisory_xact_lock($1)", [FIRST_ACCOUNT_LOCK]);
  const [row] = await tx.query<{ some: boolean }>("SELECT EXISTS (SELECT FROM accounts) AS some");
  return row?.some !== true;
}

function taken() {
  return conflict("This account could not be made. If you have one with this e-mail address already, sign in.");
}
