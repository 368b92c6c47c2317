/** Writes a mail about an account at the moment it goes out: that is when a link with a secret is made, so that no outbox holds one. */

import type { Queryable } from "../../db/db.ts";
import { endingOf } from "../licenses/ending.ts";
import {
  askForMoreLetter,
  emailChangedLetter,
  type Letter,
  licenseEndingLetter,
  passwordChangedLetter,
  passwordResetLetter,
  passwordWasResetLetter,
  type Signature,
  verifyEmailLetter,
} from "../mail/letters.ts";
import type { ClaimedMail, MailKind } from "../mail/outbox.ts";
import type { Correspondence } from "../mail/postman.ts";
import { askingOf } from "../projects/ask-for-more.ts";
import { newResetFor, resetPath } from "./password-reset.ts";
import { newChallenge, noteEmailProblem } from "./verification.ts";

type Compose = (db: Queryable, mail: ClaimedMail, signature: Signature) => Promise<Letter | undefined>;

/** What the postman is given: it sends, and knows nothing of accounts. */
export const accountMail: Correspondence = {
  compose: (db, mail, signature) => COMPOSE[mail.kind](db, mail, signature),
  refused: noteEmailProblem,
};

const COMPOSE: Record<MailKind, Compose> = {
  async password_reset(db, { email_address }, signature) {
    const reset = await newResetFor(db, email_address);
    return reset === undefined ? undefined : passwordResetLetter(signature, signature.address + resetPath(reset.token));
  },
  password_changed: async (_db, _mail, signature) => passwordChangedLetter(signature),
  password_was_reset: async (_db, _mail, signature) => passwordWasResetLetter(signature),
  async verify_email(db, { account_id, email_address: email }, signature) {
    if (account_id === null) return undefined;
    const token = await newChallenge(db, { accountId: account_id, email });
    if (token === undefined) return undefined;
    const link = `${signature.address}/auth/verify/${token}?email=${encodeURIComponent(email)}`;
    return verifyEmailLetter(signature, link);
  },
  email_changed: async (_db, _mail, signature) => emailChangedLetter(signature),
  ask_for_more: async (db, mail, signature) => {
    const asking = await askingOf(db, mail);
    return asking === undefined ? undefined : askForMoreLetter(signature, asking);
  },
  license_ending: async (db, mail, signature) => {
    const ending = await endingOf(db, mail);
    return ending === undefined ? undefined : licenseEndingLetter(signature, ending);
  },
};
