/** Every site setting: its kind, its default, whether strangers may see it, and what it means. Values are kept as text. */
import type { SettingKind } from "../../protocol/api-v2-settings.ts";

export interface SettingDefinition {
  kind: SettingKind;
  default: string;
  /** Shown by `/customize` to anybody. */
  isPublic: boolean;
  meaning: string;
  choices?: readonly string[];
  /** A password: never shown to anybody, administrators included. */
  isSecret?: true;
}

const shown = (kind: SettingKind, standard: string, meaning: string): SettingDefinition => ({
  kind,
  default: standard,
  isPublic: true,
  meaning,
});
const hidden = (kind: SettingKind, standard: string, meaning: string): SettingDefinition => ({
  ...shown(kind, standard, meaning),
  isPublic: false,
});
const choice = (choices: readonly string[], meaning: string): SettingDefinition => ({
  ...shown("choice", choices[0] ?? "", meaning),
  choices,
});
const hiddenChoice = (choices: readonly string[], meaning: string): SettingDefinition => ({
  ...choice(choices, meaning),
  isPublic: false,
});
const secret = (meaning: string): SettingDefinition => ({ ...hidden("text", "", meaning), isSecret: true });

/** Names as administrators of such installations know them; each is also COCALC_SETTING_<NAME>. */
const settingDefinitions = {
  dns: shown("site", "", "Host name of the site."),
  theming: shown("flag", "yes", "Use the names and pictures below."),
  site_name: shown("text", "CoCalc", "Name of the site."),
  site_description: shown("text", "Collaborative computing", "One line that describes the site."),
  help_email: shown("email", "", "E-mail address where people get help."),
  organization_name: shown("text", "", "Organization that runs the site."),
  organization_email: shown("email", "", "E-mail address of the organization."),
  organization_url: shown("address", "", "Page of the organization."),
  logo_square: shown("address", "", "Address of a square logo."),
  logo_rectangular: shown("address", "", "Address of a wide logo."),
  splash_image: shown("address", "", "Address of a picture on the landing page."),
  index_info_html: shown("text", "", "Text on the landing page; a blank line begins a paragraph."),
  index_tagline: shown("text", "", "Line under the name on the landing page."),
  imprint: shown("text", "", "Text of the page /policies/imprint; a blank line begins a paragraph."),
  policies: shown("text", "", "Text of the page /policies."),
  privacy: shown("text", "", "Text of the page /policies/privacy."),
  support: shown("text", "", "Text of the page /info about support."),
  terms_of_service: shown(
    "text",
    "",
    "Text of the page /policies/terms; where there is one, signing up asks for agreement.",
  ),
  terms_of_service_url: shown("address", "", "Address of the terms of service, in place of the page."),
  account_creation_email_instructions: shown("text", "", "Line over the sign-up form."),
  cookie_banner_enabled: shown("flag", "no", "Show a line about cookies."),
  cookie_banner_text: shown("text", "", "The line about cookies."),
  disable_project_creation: shown("flag", "no", "Only administrators create projects."),
  kucalc: choice(["onprem", "yes", "no"], "Kind of the installation."),
  commercial: shown("flag", "no", "Does the site sell anything?"),
  landing_pages: shown("flag", "no", "May search engines index the public pages?"),
  version_min_project: shown("number", "0", "Oldest project server that hubs speak to."),
  version_min_browser: shown("number", "0", "Oldest app that hubs speak to."),
  version_recommended_browser: shown("number", "0", "App version below which people are asked to reload."),
  datastore: shown("flag", "yes", "Are datastores offered?"),
  default_quotas: shown("quotas", "{}", 'Quota of a project without a licence, such as {"mem":1000,"cpu":1}.'),
  max_upgrades: shown("quotas", "{}", "Most that a project may get, by key."),
  allowed_license_patches: hidden(
    "patches",
    "[]",
    "Patches of licences that need not keep the rules of a project's pod, each exactly as its licence has it: a JSON array of patches.",
  ),
  ssh_gateway: shown("flag", "no", "Is there an SSH gateway?"),
  ssh_gateway_dns: shown("host", "", "Host name of the SSH gateway."),
  ssh_gateway_fingerprint: shown("text", "", "Fingerprint of the SSH gateway's host key."),
  email_enabled: shown("flag", "no", "Does the site send e-mail? The settings email_smtp_… say how."),
  verify_emails: shown("flag", "no", "Are new e-mail addresses verified, by a mail with a link?"),
  email_signup: shown("flag", "yes", "May people sign up by e-mail address and password?"),
  strict_collaborator_management: shown("flag", "no", "Only owners manage the members of any project."),
  share_server: shown("flag", "no", "May files be published?"),
  samesite_remember_me: choice(["lax", "strict", "none"], "SameSite of the session cookie."),
  insecure_test_mode: shown("flag", "no", "Every new account becomes administrator: for tests alone."),
  email_backend: hiddenChoice(["none", "smtp"], "How mail is sent; a mail service is used through its SMTP server."),
  email_smtp_server: hidden("host", "", "Host name of the SMTP server."),
  email_smtp_port: hidden("port", "465", "Port of the SMTP server."),
  email_smtp_secure: hidden(
    "flag",
    "yes",
    "TLS from the start; no: STARTTLS, which a server with a login has to offer.",
  ),
  email_smtp_from: hidden(
    "sender",
    "",
    "Sender, such as noreply@example.org; without it the login, where that is an address.",
  ),
  email_smtp_login: hidden("text", "", "Login at the SMTP server; empty: none is needed."),
  email_smtp_password: secret("Password at the SMTP server; forgotten where server, port, TLS or login become others."),
  password_reset_override: hiddenChoice(
    ["default", "smtp"],
    "How mail about passwords is sent: as all other mail, or by a server of its own, named by password_reset_smtp_….",
  ),
  password_reset_smtp_server: hidden("host", "", "As email_smtp_server, for mail about passwords."),
  password_reset_smtp_port: hidden("port", "465", "As email_smtp_port, for mail about passwords."),
  password_reset_smtp_secure: hidden("flag", "yes", "As email_smtp_secure, for mail about passwords."),
  password_reset_smtp_from: hidden("sender", "", "As email_smtp_from, for mail about passwords."),
  password_reset_smtp_login: hidden("text", "", "As email_smtp_login, for mail about passwords."),
  password_reset_smtp_password: secret("As email_smtp_password, for mail about passwords."),
  pii_retention: hidden("text", "never", "How long logs with personal data are kept."),
  prometheus_metrics: hidden("flag", "no", "Are metrics also served on the site's own address?"),
} as const satisfies Record<string, SettingDefinition>;

export type SettingName = keyof typeof settingDefinitions;
export const settingNames = Object.keys(settingDefinitions) as SettingName[]; // the keys of the table above

/** The definition of a setting, with the optional fields of the type. */
export function definitionOf(name: SettingName): SettingDefinition {
  return settingDefinitions[name];
}

const known: ReadonlySet<string> = new Set(settingNames);

export function isSettingName(name: string): name is SettingName {
  return known.has(name);
}

/** The password that goes where this setting says, or with it; undefined: none does. */
export function passwordSentBy(name: SettingName): SettingName | undefined {
  for (const prefix of ["email_smtp", "password_reset_smtp"] as const) {
    const ways = [
      `${prefix}_server`,
      `${prefix}_port`,
      `${prefix}_secure`,
      `${prefix}_login`,
    ] as const satisfies SettingName[];
    if (ways.some((way) => way === name)) return `${prefix}_password`;
  }
  return undefined;
}
