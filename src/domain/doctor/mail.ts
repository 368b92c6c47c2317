/** The doctor's check of the mail, where it is on: the settings, each server by signing in there, and what could not be sent. */

import type { Queryable } from "../../db/db.ts";
import { type MailSite, type MailState, mailState, type SmtpServer } from "../mail/mail-state.ts";
import { mailQueue } from "../mail/outbox.ts";
import { smtpTrouble, verifySmtp } from "../mail/smtp.ts";
import { readSettings } from "../settings/settings.ts";
import { isOn, type SettingValues } from "../settings/values.ts";
import { type Checked, check, type Finding, well, wrong } from "./check.ts";

export function checkMail(db: Queryable, site: MailSite): Promise<Checked> {
  return check("e-mail", "correct the site settings email_…", async () => {
    const settings = await readSettings(db);
    const states = (["password", "other"] as const).map((purpose) => mailState(settings, site, purpose));
    const ill = states.find((state) => state.is === "wrong");
    if (ill !== undefined) return wrong(ill.what, ill.fix);
    const servers = states.flatMap((state) => (state.is === "on" ? [state.server] : []));
    if (servers.length === 0) return whenOff(settings);
    for (const server of distinct(servers)) {
      const trouble = await troubleWith(server);
      if (trouble !== undefined) return trouble;
    }
    return (await unsent(db)) ?? well(inWords(states));
  });
}

/** Fine, unless something is wanted that takes mail. */
function whenOff(settings: SettingValues): Finding {
  if (isOn(settings, "email_enabled")) {
    return wrong(
      "switched on without a way to send",
      "set email_backend to smtp and email_smtp_…, or email_enabled to no",
    );
  }
  if (isOn(settings, "verify_emails")) {
    return wrong(
      "addresses are to be verified, and mail is off",
      "set email_enabled and email_smtp_…, or verify_emails to no",
    );
  }
  return well("off; who forgets a password needs a link of yours: cocalc-k8s admin reset-link EMAIL");
}

function distinct(servers: SmtpServer[]): SmtpServer[] {
  return [...new Map(servers.map((server) => [JSON.stringify(server), server])).values()];
}

async function troubleWith(server: SmtpServer): Promise<Finding | undefined> {
  try {
    await verifySmtp(server);
    return undefined;
  } catch (error) {
    const { what, fix } = smtpTrouble(error, server);
    return wrong(what, fix);
  }
}

async function unsent(db: Queryable): Promise<Finding | undefined> {
  const { failed, problem } = await mailQueue(db);
  if (failed === 0) return undefined;
  const fix = "select kind, email_address, problem, failed from outgoing_mail where failed is not null order by failed";
  return wrong(`the servers take mail now, but ${failed} were given up within a day, the last because ${problem}`, fix);
}

function inWords(states: MailState[]): string {
  const places = states.flatMap((state) => (state.is === "on" ? [`${state.server.host}:${state.server.port}`] : []));
  return `sent by ${[...new Set(places)].join(" and ")}`;
}
