/** The pages that anybody reads: landing, about the site, policies. They need no database beyond the settings. */

import { notFound } from "../../../src/core/errors.ts";
import type { SettingName } from "../../../src/domain/settings/definitions.ts";
import type { SettingValues } from "../../../src/domain/settings/values.ts";
import { html } from "../html.ts";
import { type PageContext, sendPage } from "./layout.ts";
import { settingText } from "./text.ts";

export function landing(context: PageContext): void {
  const { hub, settings, visitor } = context;
  const base = hub.site.basePath;
  const actions =
    visitor.identity === undefined
      ? html`<a class="button" href="${base}/auth/sign-up">Sign up</a><a class="button plain" href="${base}/auth/sign-in">Sign in</a>`
      : html`<a class="button" href="${base}/app/projects">Your projects</a>`;
  const main = html`<section class="hero"><h1>${settings.site_name}</h1>
<p>${settings.index_tagline || settings.site_description}</p>
<div class="actions">${actions}</div>
${settings.splash_image !== "" && html`<img src="${settings.splash_image}" alt="">`}</section>
<ul class="facts">${FACTS.map(([title, text]) => html`<li class="card"><h2>${title}</h2><p>${text}</p></li>`)}</ul>
${settings.index_info_html !== "" && html`<section>${settingText(settings.index_info_html)}</section>`}`;
  sendPage(context, { title: settings.site_name, main, width: "wide" });
}

const FACTS = [
  ["A place for each project", "Files, terminals and programs of a project live together, and start in seconds."],
  ["Work at the same time", "Everybody in a project sees the same files; edits of the same text merge as you type."],
  ["Nothing to install", "A browser is enough, on an old laptop or a phone."],
] as const;

export function about(context: PageContext): void {
  const { settings } = context;
  const contact = settings.help_email || settings.organization_email;
  const website = settings.organization_url;
  const main = html`<h1>About ${settings.site_name}</h1><p>${settings.site_description}</p>
<dl>${settings.organization_name !== "" && html`<dt>Run by</dt><dd>${settings.organization_name}</dd>`}
${website !== "" && html`<dt>Website</dt><dd><a href="${website}">${website}</a></dd>`}
${contact !== "" && html`<dt>Help</dt><dd><a href="mailto:${contact}">${contact}</a></dd>`}</dl>
${settings.support !== "" && html`<h2>Support</h2>${settingText(settings.support)}`}`;
  sendPage(context, { title: "About this site", main });
}

interface Policy {
  title: string;
  setting: SettingName;
}

const POLICIES: Record<string, Policy> = {
  terms: { title: "Terms of service", setting: "terms_of_service" },
  privacy: { title: "Privacy", setting: "privacy" },
  imprint: { title: "Imprint", setting: "imprint" },
};

/** The list of policies, with the text that stands above it. */
export function policies(context: PageContext): void {
  const { settings, hub } = context;
  const there = Object.entries(POLICIES).filter(([, { setting }]) => settings[setting].trim() !== "");
  const main = html`<h1>Policies</h1>${settings.policies !== "" && settingText(settings.policies)}
${there.length === 0 && settings.policies === "" && html`<p>This site has not published any policies yet. Ask whoever runs it.</p>`}
<ul>${there.map(([name, { title }]) => html`<li><a href="${hub.site.basePath}/policies/${name}">${title}</a></li>`)}</ul>`;
  sendPage(context, { title: "Policies", main });
}

/** One policy. @throws AppError `not_found` where the settings have no such text. */
export function policy(context: PageContext, name: string): void {
  const found = Object.hasOwn(POLICIES, name) ? POLICIES[name] : undefined;
  const text = found === undefined ? "" : context.settings[found.setting].trim();
  if (found === undefined || text === "") throw notFound("This site has not published such a policy.");
  sendPage(context, { title: found.title, main: html`<h1>${found.title}</h1>${settingText(text)}` });
}

/** Where the terms can be read; undefined: there are none. */
export function termsAddress(settings: SettingValues, basePath: string): string | undefined {
  const address = settings.terms_of_service_url;
  if (address !== "") return address;
  return settings.terms_of_service.trim() === "" ? undefined : `${basePath}/policies/terms`;
}
