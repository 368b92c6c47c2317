/** Whether a request that changes something comes from a page of the site itself; what it may do otherwise is decided elsewhere. */

import type { IncomingMessage } from "node:http";

/** `same`: a page of ours; `other`: another site's page; `unknown`: no browser said anything. */
export type RequestSource = "same" | "other" | "unknown";

type Headers = IncomingMessage["headers"];

/**
 * By Sec-Fetch-Site and Origin, both of which a page cannot forge. `siteOrigin` is the configured origin of the site; without one, the
 * Origin has to name the Host that was asked. Any sign of another site wins.
 */
export function sourceOf(headers: Headers, siteOrigin: string | undefined): RequestSource {
  const fetchSite = headers["sec-fetch-site"];
  if (fetchSite !== undefined && fetchSite !== "same-origin" && fetchSite !== "none") return "other";
  const { origin } = headers;
  if (origin === "null" && fetchSite === "same-origin") return "same"; // a page of ours with the policy no-referrer
  if (origin !== undefined) return isOwn(origin, headers.host, siteOrigin) ? "same" : "other";
  return fetchSite === "same-origin" ? "same" : "unknown";
}

function isOwn(origin: string, host: string | undefined, siteOrigin: string | undefined): boolean {
  if (siteOrigin !== undefined) return origin === siteOrigin;
  try {
    return host !== undefined && new URL(origin).host === host.toLowerCase();
  } catch {
    return false; // "null", and whatever else is no origin
  }
}
