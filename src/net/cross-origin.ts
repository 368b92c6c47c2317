/** May another origin's page make a browser send this? For paths that lead into projects, where a cookie opens what is untrusted. Pure. */

import type { IncomingHttpHeaders } from "node:http";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Does the Origin header name this very origin? Undefined: there is no Origin header, so no page made the browser send it. */
export function originMatches(headers: IncomingHttpHeaders, ownOrigin: string): boolean | undefined {
  const { origin } = headers;
  return origin === undefined ? undefined : origin.toLowerCase() === ownOrigin.toLowerCase();
}

/** May an Upgrade with a cookie pass? Browsers always send Origin with one; programs need not. */
export function mayUpgrade(headers: IncomingHttpHeaders, ownOrigin: string): boolean {
  return originMatches(headers, ownOrigin) !== false;
}

/**
 * May a request with a cookie pass? What changes something comes from a page of this origin (or from no browser); what only reads may also be
 * gone to by a link from anywhere, but not be loaded by another origin's page.
 */
export function mayRequest(method: string, headers: IncomingHttpHeaders, ownOrigin: string): boolean {
  const site = headers["sec-fetch-site"];
  const fromHere = site === undefined || site === "same-origin" || site === "none";
  if (!SAFE_METHODS.has(method)) return fromHere && originMatches(headers, ownOrigin) !== false;
  return fromHere || headers["sec-fetch-mode"] === "navigate";
}
