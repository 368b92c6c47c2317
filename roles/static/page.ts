/** The app's page: the built index.html with what the app has to know of its site put in, and the policy that fits its scripts. */

import { createHash } from "node:crypto";
import { escapeHtml } from "../../src/net/serve/plain-page.ts";
import type { SiteConfig } from "../../src/net/visitor/site.ts";

/** The page for a site as it is configured. */
export function pageFor(html: string, { basePath, projectDomain }: SiteConfig): string {
  const base = escapeHtml(basePath);
  return html
    .replace('<meta name="cocalc-base" content="" />', `<meta name="cocalc-base" content="${base}" />`)
    .replace(
      '<meta name="cocalc-project-domain" content="no" />',
      `<meta name="cocalc-project-domain" content="${projectDomain === undefined ? "no" : "yes"}" />`,
    )
    .replaceAll(/(src|href)="\.\/assets\//g, `$1="${base}/static/assets/`);
}

/** Hashes of the scripts that stand in a page, as a policy names them. */
export function inlineScriptHashes(html: string): string[] {
  const inline = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)];
  return inline.map(
    ([, script]) =>
      `'sha256-${createHash("sha256")
        .update(script ?? "")
        .digest("base64")}'`,
  );
}

export interface PolicyOptions {
  /** Of the scripts that stand in the page, as the policy names them. */
  hashes: string[];
  /** What browsers call us. */
  host: string | undefined;
  basePath: string;
}

/**
 * Content-Security-Policy of the app. Code comes from our own files alone, by their path: files of projects are below this origin too. `host`
 * is named for that, and for WebSockets where 'self' does not cover them; a policy has no words for an IPv6 address, where the whole origin is
 * named instead (hub-proxy gives no file of a project out as a script all the same). Styles are allowed in place: the component library, the editor and
 * the terminal write style elements.
 */
export function contentSecurityPolicy({ hashes, host, basePath }: PolicyOptions): string {
  const sockets = host !== undefined && /^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : "";
  const assets = host !== undefined && /^[\w.-]+(?::\d+)?$/.test(host) ? `${host}${basePath}/static/` : "'self'";
  return [
    "default-src 'none'",
    `script-src ${[assets, ...hashes].join(" ")}`,
    `style-src ${assets} 'unsafe-inline'`,
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    `font-src ${assets} data:`,
    `connect-src 'self'${sockets}`,
    "frame-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join("; ");
}
