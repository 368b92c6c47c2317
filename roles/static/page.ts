/** The app's page: the built index.html with the base path put in, and the policy that fits its scripts. */

import { createHash } from "node:crypto";
import { escapeHtml } from "../../src/net/plain-page.ts";

/** The page for a site below `base`. */
export function pageFor(html: string, base: string): string {
  return html
    .replace('<meta name="cocalc-base" content="" />', `<meta name="cocalc-base" content="${escapeHtml(base)}" />`)
    .replaceAll(/(src|href)="\.\/assets\//g, `$1="${escapeHtml(base)}/static/assets/`);
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

/**
 * Content-Security-Policy of the app. `host` is what browsers call us, for WebSockets where 'self' does not cover them. Styles are allowed
 * in place: the component library, the editor and the terminal write style elements.
 */
export function contentSecurityPolicy({ hashes, host }: { hashes: string[]; host: string | undefined }): string {
  const sockets = host !== undefined && /^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : "";
  return [
    "default-src 'none'",
    `script-src ${["'self'", ...hashes].join(" ")}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "font-src 'self' data:",
    `connect-src 'self'${sockets}`,
    "frame-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join("; ");
}
