/** The site's mail as those see it who have something to tell: whether it is on, and a way to post. Sending is the postman's. */

import { isAppError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Transaction } from "../../db/db.ts";
import { type Limit, RateLimits } from "../rate-limits/rate-limits.ts";
import type { Settings } from "../settings/settings.ts";
import { isOn, type SettingValues } from "../settings/values.ts";
import { type MailPurpose, type MailSite, type MailState, mailState } from "./mail-state.ts";
import { mailKinds, type NewMail, putMail } from "./outbox.ts";

/** Of one kind to one address, as many as its rules say. What is asked for has tighter limits. */
const OF_A_KIND: Omit<Limit, "points"> = { name: "mail_of_a_kind", seconds: 3_600, message: "Too many mails." };

interface MailParts {
  settings: Settings;
  site: MailSite;
  log: Logger;
}

export class Mail {
  readonly #parts: MailParts;

  constructor(parts: MailParts) {
    this.#parts = parts;
  }

  /** As the settings are now; asked for before a transaction, which must not wait for another connection. */
  async now(): Promise<MailNow> {
    const { settings, site, log } = this.#parts;
    return new MailNow(await settings.values(), site, log);
  }
}

class MailNow {
  /** Are new addresses verified? Only where the site wants it and can write to them. */
  readonly verifies: boolean;
  readonly #settings: SettingValues;
  readonly #site: MailSite;
  readonly #log: Logger;

  constructor(settings: SettingValues, site: MailSite, log: Logger) {
    this.#settings = settings;
    this.#site = site;
    this.#log = log;
    this.verifies = isOn(settings, "verify_emails") && this.state("other").is === "on";
  }

  state(purpose: MailPurpose): MailState {
    return mailState(this.#settings, this.#site, purpose);
  }

  /**
   * Posts a mail, in the transaction of what it tells of; nothing happens on a site without mail. Where mail is on but set up wrong it is
   * posted all the same: it goes out once that is mended, or is told of as given up. @returns whether it was posted.
   */
  async post(tx: Transaction, mail: NewMail): Promise<boolean> {
    if (this.state(mailKinds[mail.kind].purpose).is === "off") return false;
    if (!(await this.#isFew(tx, mail))) return false;
    await putMail(tx, mail);
    return true;
  }

  async #isFew(tx: Transaction, { kind, email, accountId }: NewMail): Promise<boolean> {
    try {
      await new RateLimits(tx).consume({ ...OF_A_KIND, points: mailKinds[kind].perHour }, `${kind} ${email}`);
      return true;
    } catch (error) {
      if (!isAppError(error, "rate_limited")) throw error;
      this.#log.warn({ kind, account_id: accountId }, "a mail was not posted: many of its kind went to that address");
      return false;
    }
  }
}
