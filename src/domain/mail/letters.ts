/**
 * What the mails say, as text and as HTML. They go to people who did not ask for them: what somebody wrote is in them as plain words, of which
 * no mail program makes a link, and only where it is what they are about. Pure.
 */

import { escapeHtml } from "../../net/serve/plain-page.ts";

/** A paragraph, or a link on a line of its own. */
type Part = string | { link: string };

export interface Letter {
  subject: string;
  parts: Part[];
}

/** What each of them tells of the site. */
export interface Signature {
  siteName: string;
  /** Where people get help; "" where nobody is named. */
  helpEmail: string;
  /** Address of the site, without a slash at the end. */
  address: string;
}

export function passwordResetLetter({ siteName }: Signature, link: string): Letter {
  return {
    subject: `Choose a new password for ${siteName}`,
    parts: [
      `Somebody, probably you, asked for a new password for your account at ${siteName}. Choose one here:`,
      { link },
      "The link works once, within one hour. If it was not you who asked, do nothing: your password stays as it is.",
    ],
  };
}

export function passwordChangedLetter({ siteName, address }: Signature): Letter {
  return {
    subject: `Your password for ${siteName} was changed`,
    parts: [
      `The password of your account at ${siteName} was changed just now, and other browsers were signed out.`,
      "If that was you, all is well. If not, choose a new password at once, and tell whoever runs the site:",
      { link: `${address}/auth/password-reset` },
    ],
  };
}

export function passwordWasResetLetter({ siteName, address }: Signature): Letter {
  return {
    subject: `Your password for ${siteName} was reset`,
    parts: [
      `A new password was chosen for your account at ${siteName} with a link that was made for it. Every browser was signed out and every API key of the account has ended; make new keys for your programs where you need them.`,
      "If that was you, all is well. If not, choose a new password at once, and tell whoever runs the site:",
      { link: `${address}/auth/password-reset` },
    ],
  };
}

export function verifyEmailLetter({ siteName }: Signature, link: string): Letter {
  return {
    subject: `Confirm your e-mail address for ${siteName}`,
    parts: [
      `This address was given for an account at ${siteName}. Confirm that it is yours here:`,
      { link },
      "The link works for three days. If you have no account there, do nothing, and no other mail will come.",
    ],
  };
}

export function emailChangedLetter({ siteName, address }: Signature): Letter {
  return {
    subject: `Your e-mail address for ${siteName} was changed`,
    parts: [
      `Your account at ${siteName} had this e-mail address until now. It has another one from now on, and this one no longer signs in.`,
      "If that was you, all is well. If not, tell whoever runs the site:",
      { link: `${address}/info` },
    ],
  };
}

export interface Asking {
  projectId: string;
  title: string;
  /** Who asks. */
  name: string;
  what: string;
  message: string;
}

export function askForMoreLetter({ siteName, address }: Signature, asking: Asking): Letter {
  const title = plainWords(asking.title, 100);
  const message = plainWords(asking.message, 2_000);
  return {
    subject: `Somebody asks for more ${asking.what} for a project at ${siteName}`,
    parts: [
      `${plainWords(asking.name, 100)} asks for more ${asking.what} for the project “${title}” at ${siteName}.`,
      ...(message === "" ? [] : [`They write: “${message}”`]),
      "What the project has, and where each part comes from, stands in its settings:",
      { link: `${address}/app/projects/${asking.projectId}/settings` },
    ],
  };
}

/** A licence whose end is told to those who manage it. */
export interface LicenseEnd {
  title: string;
  expires: Date;
  /** How many projects have it. */
  projects: number;
}

export function licenseEndingLetter(
  { siteName, address }: Signature,
  { title, expires, projects }: LicenseEnd,
): Letter {
  const name = title === "" ? "A licence" : `The licence “${plainWords(title, 100)}”`;
  const when = `${expires.toISOString().slice(0, 16).replace("T", " at ")} UTC`;
  return {
    subject: `A licence that you manage at ${siteName} ends within a day`,
    parts: [
      `${name} ends on ${when}. ${projects === 1 ? "One project has" : `${projects} projects have`} it; what runs then keeps what the licence gives until its next start.`,
      "Who uses it stands here. If it is to go on, ask whoever runs the site:",
      { link: `${address}/app/licenses` },
    ],
  };
}

/**
 * Words of somebody else in one paragraph: no links, no lines that look like ours, no end of the quotation. Characters that are read as others
 * (`．` as a dot, `＠` as an at sign) become those first; `。` is one that browsers take for a dot in the name of a host.
 */
export function plainWords(text: string, most: number): string {
  const words = text
    .normalize("NFKC")
    .replace(/[\s\p{C}]+/gu, " ")
    .replace(/["“”„‟«»″]/g, "'")
    .replace(/([.。:@]+)(?=\S)/g, "$1 ")
    .replace(/\/{2,}/g, "/")
    .trim();
  const characters = [...words];
  return characters.length <= most ? words : `${characters.slice(0, most).join("")}…`;
}

export function letterAsText(letter: Letter, signature: Signature): string {
  const parts = letter.parts.map((part) => (typeof part === "string" ? part : part.link));
  return `${[...parts, `-- \n${signedBy(signature)}`].join("\n\n")}\n`;
}

export function letterAsHtml(letter: Letter, signature: Signature): string {
  const parts = letter.parts.map((part) => {
    if (typeof part === "string") return `<p>${escapeHtml(part)}</p>`;
    const link = escapeHtml(part.link);
    return `<p><a href="${link}">${link}</a></p>`;
  });
  return `<!doctype html><html lang="en"><body>${parts.join("")}<p>${escapeHtml(signedBy(signature))}</p></body></html>`;
}

function signedBy({ siteName, helpEmail, address }: Signature): string {
  return `${siteName}, ${address}${helpEmail === "" ? "" : `. Help: ${helpEmail}`}`;
}
