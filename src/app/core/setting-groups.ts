/** The settings of a site as an administrator looks for them: found by words, and under headings. Pure. */

import type { SiteSetting } from "../../protocol/api-v2-settings.ts";

/** The first heading whose pattern fits a name is its own. */
const HEADINGS: readonly [pattern: RegExp, heading: string][] = [
  [/quota|upgrade|license/, "Quotas and licences"],
  [/^(email_signup|verify_emails|account_|strict_|disable_|samesite_|insecure_)/, "Accounts and members"],
  [/^(email_|password_reset_)/, "E-mail"],
  [/^(imprint|policies|privacy|support|terms_|cookie_|pii_|landing_pages)/, "Policies"],
  [/^(dns|theming|site_|help_|organization_|logo_|splash_|index_)/, "Name and look"],
];
const REST = "Other";

export interface SettingGroup {
  heading: string;
  settings: readonly SiteSetting[];
}

/** The settings in which every word of the search is found, under their headings, in the order of the headings and of the table. */
export function groupedSettings(settings: readonly SiteSetting[], search: string): SettingGroup[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = settings.filter(({ name, meaning }) => {
    const text = `${name} ${name.replaceAll("_", " ")} ${meaning}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const byHeading = Map.groupBy(found, ({ name }) => headingOf(name));
  return [...HEADINGS.map(([, heading]) => heading), REST].flatMap((heading) => {
    const members = byHeading.get(heading);
    return members === undefined ? [] : [{ heading, settings: members }];
  });
}

function headingOf(name: string): string {
  return HEADINGS.find(([pattern]) => pattern.test(name))?.[1] ?? REST;
}

/** The text that a setting's field shows: what is set, or else the default. */
export function shownValue({ value, default: standard, kind }: SiteSetting): string {
  const text = value ?? standard;
  return kind === "flag" ? (YES.has(text) ? "yes" : "no") : text;
}

const YES: ReadonlySet<string> = new Set(["yes", "true"]);
