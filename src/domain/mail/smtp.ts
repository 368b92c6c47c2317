/** Handing mail to an SMTP server, and what its refusals mean in words. Connections are kept for a while, a few for each server. */

import { isIPv4 } from "node:net";
import { codeOf, messageOf } from "../../core/errors.ts";
import type { SmtpServer } from "./mail-state.ts";

export interface OutgoingMail {
  to: string;
  subject: string;
  text: string;
  html: string;
}

/** How long is waited for a server. */
export interface Patience {
  /** For its address, its connection and its greeting, each. */
  stepMs: number;
  /** For its next word. It may have the mail and only be slow to say so: whoever gives up then sends it twice (RFC 5321, 4.5.3.2.6). */
  silenceMs: number;
  /** For a mail as a whole. */
  sendMs: number;
}

const PATIENCE: Patience = { stepMs: 15_000, silenceMs: 90_000, sendMs: 110_000 };
/** An administrator waits for the answer. */
const PATIENCE_OF_A_TRIAL: Patience = { ...PATIENCE, silenceMs: 30_000 };
const IDLE_MS = 15_000;
/** Connections to one server at a time. */
export const MAX_CONNECTIONS = 4;

type Transport = ReturnType<typeof openTransport>;
type Mailer = Awaited<ReturnType<typeof loadMailer>>;

/** Loaded when the first mail is to go: most processes that could send one never do. */
const loadMailer = () => import("nodemailer");

/** The connections of a process, for two configurations of a server; a third closes those of the one that came first. */
export class SmtpClient {
  readonly #patience: Patience;
  #open: { key: string; transport: Transport }[] = [];

  constructor(patience = PATIENCE) {
    this.#patience = patience;
  }

  /** Resolves when the server has taken the mail. @throws whatever the connection or the server says: `smtpTrouble` knows what it means. */
  async send(server: SmtpServer, mail: OutgoingMail, signal: AbortSignal): Promise<void> {
    const mailer = await loadMailer();
    signal.throwIfAborted();
    await this.#transport(mailer, server).sendMail({
      from: server.from,
      to: { name: "", address: mail.to }, // an object is not parsed: an address stays one address
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      // Answering machines are not to answer.
      headers: { "Auto-Submitted": "auto-generated" },
      signal: AbortSignal.any([signal, AbortSignal.timeout(this.#patience.sendMs)]),
    });
  }

  close(): void {
    for (const { transport } of this.#open.splice(0)) closeNow(transport);
  }

  /** Two are in use at a time at most: one for mail about passwords, one for all other. */
  #transport(mailer: Mailer, server: SmtpServer): Transport {
    const key = JSON.stringify(server);
    const known = this.#open.find((each) => each.key === key);
    if (known !== undefined) return known.transport;
    const transport = openTransport(mailer, server, { patience: this.#patience, maxConnections: MAX_CONNECTIONS });
    this.#open.push({ key, transport });
    for (const { transport: old } of this.#open.splice(0, Math.max(0, this.#open.length - 2))) old.close(); // what is under way ends by itself
    return transport;
  }
}

/** Connects, signs in and leaves again, without a mail. @throws as `send`. */
export async function verifySmtp(server: SmtpServer): Promise<void> {
  const transport = openTransport(await loadMailer(), server, { patience: PATIENCE_OF_A_TRIAL, maxConnections: 1 });
  try {
    await transport.verify();
  } finally {
    closeNow(transport);
  }
}

function openTransport(
  { createTransport }: Mailer,
  server: SmtpServer,
  { patience, maxConnections }: { patience: Patience; maxConnections: number },
) {
  const { stepMs, silenceMs } = patience;
  const { host, port, secure, login, password } = server;
  return createTransport({
    pool: true,
    maxConnections,
    maxRequeues: 1, // only of what no byte was sent of
    idleTimeout: IDLE_MS,
    host,
    port,
    secure,
    // A password is never sent in the clear, but to this very machine.
    requireTLS: !secure && login !== "" && !isLoopback(host),
    ...(login !== "" && { auth: { user: login, pass: password } }),
    connectionTimeout: stepMs,
    greetingTimeout: stepMs,
    dnsTimeout: stepMs,
    socketTimeout: silenceMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function closeNow(transport: Transport): void {
  transport.transporter.close?.({ force: true });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

export interface SmtpTrouble {
  what: string;
  /** For an administrator. */
  fix: string;
  /** The server will never have mail to this address. */
  isRefusal: boolean;
}

const MAX_WORDS = 300;

/** What a failure of `send` or `verifySmtp` means. Never holds the password, which no server repeats. */
export function smtpTrouble(error: unknown, { host, port, secure }: SmtpServer): SmtpTrouble {
  const code = codeOf(error);
  const what = `${host}:${port}: ${messageOf(error)
    .replace(/[^\x20-\x7e]+/g, " ")
    .slice(0, MAX_WORDS)}`;
  if (isPermanent(error) && commandOf(error) === "RCPT TO" && !isOfCommand(error)) {
    return {
      what,
      fix: "nothing, unless the server refuses every receiver: then see whether it takes mail from the hubs",
      isRefusal: true,
    };
  }
  return { what, fix: FIXES[code] ?? fixFor(what, secure), isRefusal: false };
}

/** Troubles of TLS have no code of their own. */
function fixFor(what: string, secure: boolean): string {
  if (/certificate|altnames?|self.signed/i.test(what)) return CERTIFICATE;
  if (/wrong version number/i.test(what))
    return "this port begins without TLS: set …_secure to no, or take the port 465";
  if (/greeting never received/i.test(what) && !secure)
    return `${LOOK}; a port such as 465 begins with TLS: set …_secure to yes`;
  return LOOK;
}

function isPermanent(error: unknown): boolean {
  return typeof error === "object" && error !== null && "permanent" in error && error.permanent === true;
}

/** The server did not understand the command (RFC 5321, 4.2.4): that says nothing of an address, and the connection may have garbled it. */
function isOfCommand(error: unknown): boolean {
  const isCoded = typeof error === "object" && error !== null && "responseCode" in error;
  return isCoded && [500, 502, 503, 504].includes(Number(error.responseCode));
}

function commandOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "command" in error ? error.command : undefined;
}

const LOOK = "see that the server's name and port are right and that it is reached from the hubs";
const CERTIFICATE =
  "the server's certificate has to be in date and good for its name; one of an authority of your own: give its file as NODE_EXTRA_CA_CERTS";
const FIXES: Partial<Record<string, string>> = {
  EAUTH: "correct the login and the password of the SMTP server in the site settings",
  ENOAUTH: "set the login and the password of the SMTP server in the site settings",
  ETLS: `the server has to offer STARTTLS, or TLS from the start with …_secure; ${CERTIFICATE}`,
  EENVELOPE: "see that the server takes mail from the sender in the site settings",
};
