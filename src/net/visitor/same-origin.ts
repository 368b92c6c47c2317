/** Whether a request comes from a page of the origin it goes to, and what another origin's page may make a browser send. Pure. */

import type { IncomingHttpHeaders } from "node:http";

/** `same`: a page of ours; `other`: another site's page; `unknown`: no browser said anything. */
export type RequestSource = "same" | "other" | "unknown";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * By Sec-Fetch-Site and Origin, both of which a page cannot forge. `ownOrigin` is the origin that was asked, scheme included: as it is
 * configured, or as `ownOriginOf` tells. Any sign of another site wins.
 */
export function sourceOf(headers: IncomingHttpHeaders, ownOrigin: string): RequestSource {
  const fetchSite = headers["sec-fetch-site"];
  if (!isFromHere(headers)) return "other";
  const { origin } = headers;
  if (origin === "null" && fetchSite === "same-origin") return "same"; // a page of ours with the policy no-referrer
  if (origin !== undefined) return origin.toLowerCase() === ownOrigin.toLowerCase() ? "same" : "other";
  return fetchSite === "same-origin" ? "same" : "unknown";
}

/** May an Upgrade with a cookie pass? Browsers always send Origin with one; programs need not. */
export function mayUpgrade(headers: IncomingHttpHeaders, ownOrigin: string): boolean {
  return sourceOf(headers, ownOrigin) !== "other";
}

/**
 * May a request with a cookie pass? What changes something comes from a page of this origin (or from no browser); what only reads may also be
 * gone to by a link from anywhere, but not be loaded by another origin's page.
 */
export function mayRequest(method: string, headers: IncomingHttpHeaders, ownOrigin: string): boolean {
  if (!SAFE_METHODS.has(method)) return sourceOf(headers, ownOrigin) !== "other";
  return isFromHere(headers) || headers["sec-fetch-mode"] === "navigate";
}

/** By Sec-Fetch-Site alone: no page of another site, or no browser that tells. */
function isFromHere(headers: IncomingHttpHeaders): boolean {
  const site = headers["sec-fetch-site"];
  return site === undefined || site === "same-origin" || site === "none";
}
