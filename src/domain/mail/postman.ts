/**
 * Sends what is in the outbox: a few mails at a time, each tried again for as long as somebody waits for it, and none lost without a word. A mail goes out
 * twice only where SMTP cannot tell: the connection ended between its last byte and the server's answer, or this process did.
 */

import { messageOf } from "../../core/errors.ts";
import type { Life } from "../../core/life.ts";
import type { Logger } from "../../core/log.ts";
import { counter, gauge, type Metrics } from "../../core/metrics.ts";
import type { Db, Queryable } from "../../db/db.ts";
import type { Settings } from "../settings/settings.ts";
import { type Letter, letterAsHtml, letterAsText, type Signature } from "./letters.ts";
import { type MailPurpose, type MailSite, type MailState, mailState } from "./mail-state.ts";
import { type ClaimedMail, claimMail, dropMail, giveUpMail, mailKinds, mailQueue, postponeMail } from "./outbox.ts";
import { MAX_CONNECTIONS, SmtpClient, smtpTrouble } from "./smtp.ts";

/** Who writes what is sent. */
export interface Correspondence {
  /** The letter; undefined: there is nobody (any more) to send it to. */
  compose(db: Queryable, mail: ClaimedMail, signature: Signature): Promise<Letter | undefined>;
  /** The mail server would not have a mail to this address. */
  refused(db: Queryable, refusal: { email: string; problem: string }): Promise<void>;
}

interface PostmanParts {
  db: Db;
  correspondence: Correspondence;
  settings: Settings;
  site: MailSite;
  log: Logger;
  metrics: Metrics;
}

/** How often is looked for mails whose next attempt is due. */
const LOOK_EVERY_MS = 5_000;
/** A process that stops waits so long for answers to what it is sending: without them it would be sent again. */
const STOPS_WITHIN_MS = 5_000;
const FIRST_RETRY_SECONDS = 15;
const LAST_RETRY_SECONDS = 1_800;

/** Opens the sending of a process; any number of processes share the outbox. It lives as long as `life`. */
export async function openPostman(life: Life, parts: PostmanParts): Promise<void> {
  const postman = new Postman(life, parts);
  const wake = () => postman.wake();
  await parts.db.listen(life, { channels: ["outgoing_mail"], onNotify: wake, onMissed: wake });
}

/** What became of an attempt. */
type Outcome = "sent" | "nobody" | "later" | "given up";
interface Trouble {
  what: string;
  fix: string;
  isRefusal?: boolean;
}

class Postman {
  readonly #parts: PostmanParts;
  readonly #smtp = new SmtpClient();
  readonly #count;
  readonly #waiting;
  readonly #senders = new Set<Promise<void>>();
  readonly #tooLate = new AbortController();
  #wake = Promise.withResolvers<void>();
  /** Went out, which the database could not be told yet. */
  readonly #sent = new Set<string>();
  /** What is wrong with each kind of mail, as far as it was told. */
  readonly #told = new Map<MailPurpose, string>();

  constructor(life: Life, parts: PostmanParts) {
    this.#parts = parts;
    this.#count = counter(parts.metrics, {
      name: "cocalc_mail_attempts_total",
      help: "Attempts to send a mail, by what it is about and what became of it: sent, nobody, later, given up.",
      labels: ["kind", "outcome"],
    });
    this.#waiting = gauge(parts.metrics, { name: "cocalc_mail_waiting", help: "Mails that have not gone out yet." });
    life.defer("SMTP connections", () => this.#smtp.close());
    life.run("postman", (signal) => this.#keepSending(signal));
  }

  wake(): void {
    this.#wake.resolve();
  }

  async #keepSending(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#stop(), { once: true });
    while (!signal.aborted) {
      try {
        await this.#tellWhatIsWrong();
        await this.#forgetSent();
        const { waiting } = await mailQueue(this.#parts.db);
        this.#waiting.set(waiting);
        if (waiting > 0) this.#startSenders(signal);
      } catch (error) {
        this.#tellTrouble(error);
      }
      const timer = setTimeout(this.#wake.resolve, LOOK_EVERY_MS);
      await this.#wake.promise;
      clearTimeout(timer);
      this.#wake = Promise.withResolvers();
    }
    await Promise.all(this.#senders);
  }

  #stop(): void {
    this.wake();
    setTimeout(() => this.#tooLate.abort(), STOPS_WITHIN_MS).unref();
  }

  /** As many as there may be: one that waits for a slow server keeps no other mail waiting. */
  #startSenders(signal: AbortSignal): void {
    while (this.#senders.size < MAX_CONNECTIONS) {
      const sender = this.#sendAll(signal)
        .catch((error: unknown) => this.#tellTrouble(error))
        .finally(() => this.#senders.delete(sender));
      this.#senders.add(sender);
    }
  }

  #tellTrouble(error: unknown): void {
    this.#parts.log.warn({ reason: messageOf(error) }, "the outbox cannot be read or written; trying again");
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const mail = await claimMail(this.#parts.db);
      if (mail === undefined) return;
      const outcome = await this.#send(mail);
      this.#count.inc({ kind: mail.kind, outcome });
    }
  }

  /** Before a mail that went out is due again. */
  async #forgetSent(): Promise<void> {
    for (const id of this.#sent) {
      await dropMail(this.#parts.db, id);
      this.#sent.delete(id);
    }
  }

  async #send(mail: ClaimedMail): Promise<Outcome> {
    const { db, correspondence, settings, site } = this.#parts;
    const values = await settings.values();
    const state = mailState(values, site, mailKinds[mail.kind].purpose);
    if (state.is !== "on") return this.#failed(mail, troubleOf(state));
    const signature = { siteName: values.site_name, helpEmail: values.help_email, address: state.address };
    const letter = await correspondence.compose(db, mail, signature);
    if (letter === undefined) {
      await dropMail(db, mail.id);
      return "nobody";
    }
    const text = letterAsText(letter, signature);
    const html = letterAsHtml(letter, signature);
    const outgoing = { to: mail.email_address, subject: letter.subject, text, html };
    try {
      await this.#smtp.send(state.server, outgoing, this.#tooLate.signal);
    } catch (error) {
      return this.#failed(mail, smtpTrouble(error, state.server));
    }
    this.#sent.add(mail.id);
    await this.#forgetSent();
    return "sent";
  }

  async #failed(mail: ClaimedMail, { what, fix, isRefusal = false }: Trouble): Promise<Outcome> {
    const { db, correspondence, log } = this.#parts;
    const seconds = retrySeconds(mail.attempts);
    const about = { mailId: mail.id, kind: mail.kind, account_id: mail.account_id, attempts: mail.attempts };
    if (!isRefusal && seconds < mail.seconds_left) {
      log.warn({ ...about, reason: what, fix }, "a mail could not be sent; it is tried again");
      await postponeMail(db, { id: mail.id, seconds, problem: what });
      return "later";
    }
    log.error({ ...about, reason: what, fix }, "a mail was given up");
    await giveUpMail(db, mail, what);
    if (isRefusal) await correspondence.refused(db, { email: mail.email_address, problem: what });
    return "given up";
  }

  /** Once for each thing that is wrong, and again when it has been right meanwhile. */
  async #tellWhatIsWrong(): Promise<void> {
    const { settings, site, log } = this.#parts;
    const values = await settings.values();
    for (const purpose of ["password", "other"] as const) {
      const state = mailState(values, site, purpose);
      const what = state.is === "wrong" ? state.what : "";
      const isTold = this.#told.get(purpose) === what;
      this.#told.set(purpose, what);
      if (state.is !== "wrong" || isTold) continue;
      log.error({ purpose, reason: state.what, fix: state.fix }, "mail is switched on and cannot be sent");
    }
  }
}

function troubleOf(state: Exclude<MailState, { is: "on" }>): Trouble {
  if (state.is === "wrong") return state;
  return {
    what: "mail has been switched off",
    fix: "set email_enabled and email_backend, or leave it: nobody is written to",
  };
}

/** 15 s, 1 min, 4 min … half an hour, each times 0.5 to 1.5. */
function retrySeconds(attempts: number): number {
  const plain = Math.min(FIRST_RETRY_SECONDS * 4 ** Math.min(attempts - 1, 10), LAST_RETRY_SECONDS);
  return plain * (0.5 + Math.random());
}
