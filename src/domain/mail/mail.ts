/** The site's mail as those see it who have something to tell: whether it is on, and a way to post. Sending is the postman's. */

import { isAppError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Queryable } from "../../db/db.ts";
import type { Limit, RateLimits } from "../rate-limits/rate-limits.ts";
import type { Settings } from "../settings/settings.ts";
import { isOn } from "../settings/values.ts";
import { type MailPurpose, type MailSite, type MailState, mailState } from "./mail-state.ts";
import { mailKinds, type NewMail, putMail } from "./outbox.ts";

interface MailParts {
  settings: Settings;
  site: MailSite;
  limits: RateLimits;
  log: Logger;
}

/** Of one kind to one address: it may be anybody's, and whoever gave it may do a thing again and again. What is asked for has tighter limits. */
const OF_A_KIND: Limit = { name: "mail_of_a_kind", points: 10, seconds: 3_600, message: "Too many mails." };

export class Mail {
  readonly #parts: MailParts;

  constructor(parts: MailParts) {
    this.#parts = parts;
  }

  async state(purpose: MailPurpose): Promise<MailState> {
    const { settings, site } = this.#parts;
    return mailState(await settings.values(), site, purpose);
  }

  /** Are new addresses verified? Only where the site wants it and can write to them. */
  async verifies(): Promise<boolean> {
    const values = await this.#parts.settings.values();
    return isOn(values, "verify_emails") && mailState(values, this.#parts.site, "other").is === "on";
  }

  /**
   * Posts a mail, in the transaction of what it tells of; nothing happens on a site without mail. Where mail is on but set up wrong it is
   * posted all the same: it goes out once that is mended, or is told of as given up.
   */
  async post(tx: Queryable, mail: NewMail): Promise<void> {
    const { is } = await this.state(mailKinds[mail.kind].purpose);
    if (is !== "off" && (await this.#isFew(mail))) await putMail(tx, mail);
  }

  async #isFew({ kind, email, accountId }: NewMail): Promise<boolean> {
    try {
      await this.#parts.limits.consume(OF_A_KIND, `${kind} ${email}`);
      return true;
    } catch (error) {
      if (!isAppError(error, "rate_limited")) throw error;
      this.#parts.log.warn(
        { kind, account_id: accountId },
        "a mail was not posted: many of its kind went to that address",
      );
      return false;
    }
  }
}
