/** A real SMTP server on loopback whose mails a test reads as their receiver would. */

import type { AddressInfo } from "node:net";
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";
import type { Life } from "../../src/core/life.ts";
import { until } from "./until.ts";

export interface ReceivedMail {
  /** As the envelope says. */
  to: string;
  from: string;
  subject: string;
  text: string;
  html: string;
  headers: Record<string, string>;
}

export interface TestSmtp {
  port: number;
  mails: ReceivedMail[];
  /** Set: the answer to every receiver, such as "550 no such mailbox". */
  refusal: string | undefined;
  /** Set: the server waits for it before it takes a mail. */
  slow: Promise<void> | undefined;
  /** Mails whose last byte has come, and which are not answered yet. */
  taking: number;
  /** Settings of a site that sends by this server. */
  env: Record<string, string>;
  /** The next mail to an address that has not been asked for yet. */
  mailTo(address: string): Promise<ReceivedMail>;
}

const SMTP_LOGIN = "hubs";
export const SMTP_PASSWORD = "smtp-secret-93";

/** Opens the server; it takes the login above alone. Given a port, that one: as a server that comes back. */
export async function openSmtp(life: Life, port = 0): Promise<TestSmtp> {
  const read = new Set<ReceivedMail>();
  const smtp: TestSmtp = {
    port,
    mails: [],
    refusal: undefined,
    slow: undefined,
    taking: 0,
    env: {},
    mailTo: (address) =>
      until(
        () => {
          const mail = smtp.mails.find((each) => each.to === address && !read.has(each));
          if (mail !== undefined) read.add(mail);
          return mail;
        },
        { what: `a mail to ${address} arrives` },
      ),
  };
  const server = serverFor(smtp);
  server.on("error", () => {}); // a client that breaks off is what some tests do
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(port, "127.0.0.1", resolve);
  await promise;
  life.defer("SMTP server", () => new Promise<void>((done) => server.close(() => done())));
  smtp.port = (server.server.address() as AddressInfo).port; // a TCP server that listens has one
  smtp.env = settingsFor(smtp.port);
  return smtp;
}

function serverFor(smtp: TestSmtp): SMTPServer {
  return new SMTPServer({
    hideSTARTTLS: true,
    allowInsecureAuth: true,
    closeTimeout: 200,
    onAuth: ({ username, password }, _session, answer) =>
      username === SMTP_LOGIN && password === SMTP_PASSWORD
        ? answer(null, { user: username })
        : answer(new Error("wrong login or password")),
    onRcptTo: (_address, _session, answer) => {
      if (smtp.refusal === undefined) return answer();
      answer(Object.assign(new Error(smtp.refusal.slice(4)), { responseCode: Number(smtp.refusal.slice(0, 3)) }));
    },
    onData: (stream, { envelope }, answer) => {
      const receive = async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of stream) chunks.push(chunk as Buffer); // a stream of bytes
        smtp.taking += 1;
        await smtp.slow;
        smtp.taking -= 1;
        const mail = await PostalMime.parse(Buffer.concat(chunks));
        smtp.mails.push({
          to: envelope.rcptTo.map(({ address }) => address).join(),
          from: envelope.mailFrom === false ? "" : envelope.mailFrom.address,
          subject: mail.subject ?? "",
          text: mail.text ?? "",
          html: mail.html ?? "",
          headers: Object.fromEntries(mail.headers.map(({ key, value }) => [key, value])),
        });
      };
      receive().then(() => answer(), answer);
    },
  });
}

/** As an administrator would write them. */
function settingsFor(port: number): Record<string, string> {
  return {
    COCALC_SETTING_EMAIL_ENABLED: "yes",
    COCALC_SETTING_EMAIL_BACKEND: "smtp",
    COCALC_SETTING_EMAIL_SMTP_SERVER: "127.0.0.1",
    COCALC_SETTING_EMAIL_SMTP_PORT: String(port),
    COCALC_SETTING_EMAIL_SMTP_SECURE: "no",
    COCALC_SETTING_EMAIL_SMTP_FROM: "noreply@lab.example",
    COCALC_SETTING_EMAIL_SMTP_LOGIN: SMTP_LOGIN,
    COCALC_SETTING_EMAIL_SMTP_PASSWORD: SMTP_PASSWORD,
    COCALC_SETTING_SITE_NAME: "The Lab",
    COCALC_SETTING_HELP_EMAIL: "help@lab.example",
    COCALC_SETTING_DNS: "lab.example",
  };
}

/** The one link in a mail that leads below a path: what follows the address of the site. */
export function linkIn({ text }: ReceivedMail, path: string): string {
  const link = new RegExp(`https?://[^/\\s]+(${path}\\S*)`).exec(text)?.[1];
  if (link === undefined) throw new Error(`the mail has no link to ${path}: ${text}`);
  return link;
}
