/** The frame of every page: head, top bar, footer, and the headers with which it is sent. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { isOn, type SettingValues } from "../../../src/domain/settings/values.ts";
import { type Html, html } from "../html.ts";
import type { Hub } from "../hub.ts";
import { STYLE_NAME } from "../style.ts";
import type { Visitor } from "../visitor.ts";

/** What a page is made of, besides its own content. */
export interface PageContext {
  hub: Hub;
  visitor: Visitor;
  settings: SettingValues;
  request: IncomingMessage;
  response: ServerResponse;
}

export interface Page {
  title: string;
  main: Html;
  status?: number;
  width?: "narrow" | "wide";
  headers?: Record<string, string>;
}

/** No script at all; pictures may come from the addresses in the settings; nothing may frame a page. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self' https: data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Sends a page; a HEAD gets its headers. */
export function sendPage(context: PageContext, page: Page): void {
  const text = framed(context, page).toString();
  const { request, response, settings } = context;
  response.writeHead(page.status ?? 200, {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    ...(!isOn(settings, "landing_pages") && { "X-Robots-Tag": "noindex" }),
    ...page.headers,
  });
  response.end(request.method === "HEAD" ? undefined : text);
}

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Ccircle cx='8' cy='8' r='7' fill='%231864ab'/%3E%3C/svg%3E";

function framed({ hub, visitor, settings }: PageContext, { title, main, width }: Page): Html {
  const base = hub.site.basePath;
  const name = settings.site_name;
  const heading = title === name ? name : `${title} · ${name}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${heading}</title>
<meta name="description" content="${settings.site_description}">
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="${base}/${STYLE_NAME}">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="${base}/">${logo(settings)}<span>${name}</span></a>
<nav aria-label="Site">${links(base, visitor)}</nav>
</header>
${visitor.databaseIsAway && html`<p class="banner" role="status">The database cannot be reached right now: signing in and projects have to wait. Running projects go on.</p>`}
<main id="main" class="${width ?? ""}">${main}</main>
<footer class="foot">${footer(base, settings)}</footer>
</body>
</html>
`;
}

function logo({ logo_square, theming }: SettingValues): Html | false {
  return theming !== "no" && logo_square !== "" && html`<img src="${logo_square}" alt="">`;
}

function links(base: string, { identity }: Visitor): Html {
  if (identity === undefined) {
    return html`<a href="${base}/auth/sign-in">Sign in</a><a href="${base}/auth/sign-up">Sign up</a>`;
  }
  return html`<span>${identity.name}</span><a href="${base}/app/projects">Projects</a><a href="${base}/auth/sign-out">Sign out</a>`;
}

function footer(base: string, settings: SettingValues): Html {
  const organization = settings.organization_name;
  return html`<span>${organization === "" ? settings.site_name : organization}</span>
<a href="${base}/info">About this site</a><a href="${base}/policies">Policies</a>
${settings.cookie_banner_enabled === "yes" && html`<span>${settings.cookie_banner_text || "This site uses one cookie, to keep you signed in."}</span>`}`;
}
