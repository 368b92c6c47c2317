/** Whether the site can send mail, by which server, and if not, why: from the settings alone. Pure. */

import { originOfSite, senderIn } from "../settings/kinds.ts";
import { isOn, type SettingValues } from "../settings/values.ts";

/** Mail about passwords may have a server of its own. */
export type MailPurpose = "password" | "other";

export interface SmtpServer {
  host: string;
  port: number;
  /** TLS from the start; else STARTTLS. */
  secure: boolean;
  from: { name: string; address: string };
  /** Empty: no login is needed. */
  login: string;
  password: string;
}

/** How the site is reached, as the process knows it. */
export interface MailSite {
  origin?: string | undefined;
  basePath: string;
}

/** `wrong`: switched on, but it cannot work; `fix` is for an administrator. */
export type MailState =
  | { is: "off" }
  | { is: "wrong"; what: string; fix: string }
  | { is: "on"; server: SmtpServer; address: string };

export function mailState(settings: SettingValues, site: MailSite, purpose: MailPurpose): MailState {
  if (!isOn(settings, "email_enabled")) return { is: "off" };
  const isOverridden = purpose === "password" && settings.password_reset_override === "smtp";
  if (!isOverridden && settings.email_backend === "none") return { is: "off" };
  const address = siteAddress(settings, site);
  if (address === undefined) {
    const what = "the address of the site is not known, and mail has links to it";
    return { is: "wrong", what, fix: "set COCALC_ORIGIN, such as https://cocalc.example.org, or the site setting dns" };
  }
  const server = serverIn(settings, isOverridden ? "password_reset_smtp" : "email_smtp");
  return "what" in server ? { is: "wrong", ...server } : { is: "on", server, address };
}

/**
 * Where the site is, without a slash at the end. Never from a request: its Host can be made up, and a link to another site would carry the
 * secret there.
 */
export function siteAddress(settings: SettingValues, { origin, basePath }: MailSite): string | undefined {
  const known = origin ?? originOfSite(settings.dns);
  return known === undefined ? undefined : known + basePath;
}

type Prefix = "email_smtp" | "password_reset_smtp";

function serverIn(settings: SettingValues, prefix: Prefix): SmtpServer | { what: string; fix: string } {
  const host = settings[`${prefix}_server`];
  if (host === "") {
    return { what: `no SMTP server is named`, fix: `set ${prefix}_server to a host name such as smtp.example.org` };
  }
  const login = settings[`${prefix}_login`].trim();
  const from = senderIn(settings[`${prefix}_from`] || login);
  if (from === undefined) {
    return { what: "no sender is named", fix: `set ${prefix}_from to an address such as noreply@example.org` };
  }
  const secure = isOn(settings, `${prefix}_secure`);
  return {
    host,
    port: Number(settings[`${prefix}_port`]),
    secure,
    from: { ...from, name: from.name || settings.site_name },
    login,
    password: settings[`${prefix}_password`],
  };
}
