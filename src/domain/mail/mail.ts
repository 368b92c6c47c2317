/** The site's mail as those see it who have something to tell: whether it is on, and a way to post. Sending is the postman's. */

import type { Queryable } from "../../db/db.ts";
import type { Settings } from "../settings/settings.ts";
import { isOn } from "../settings/values.ts";
import { type MailPurpose, type MailSite, type MailState, mailState } from "./mail-state.ts";
import { mailKinds, type NewMail, putMail } from "./outbox.ts";

export class Mail {
  readonly #settings: Settings;
  readonly #site: MailSite;

  constructor(settings: Settings, site: MailSite) {
    this.#settings = settings;
    this.#site = site;
  }

  async state(purpose: MailPurpose): Promise<MailState> {
    return mailState(await this.#settings.values(), this.#site, purpose);
  }

  /** Are new addresses verified? Only where the site wants it and can write to them. */
  async verifies(): Promise<boolean> {
    const values = await this.#settings.values();
    return isOn(values, "verify_emails") && mailState(values, this.#site, "other").is === "on";
  }

  /**
   * Posts a mail, in the transaction of what it tells of; nothing happens on a site without mail. Where mail is on but set up wrong it is
   * posted all the same: it goes out once that is mended, or is told of as given up.
   */
  async post(tx: Queryable, mail: NewMail): Promise<void> {
    const { is } = await this.state(mailKinds[mail.kind].purpose);
    if (is !== "off") await putMail(tx, mail);
  }
}
