/** How the site is reached from outside: the fragment of configuration of every role that speaks to browsers. */

import type { ServerResponse } from "node:http";
import { z } from "zod";
import { setting } from "../../core/config.ts";
import { isHostName } from "../../core/host-name.ts";
import type { Client } from "./forwarded.ts";

/** "" or "/cocalc": no slash at the end. */
const basePath = z
  .string()
  .default("")
  .transform((path) => path.replace(/\/+$/, ""))
  .refine((path) => path === "" || /^\/[\w./-]*[\w-]$/.test(path), "must be a path such as /cocalc");

/** Scheme, host and port; a slash at the end harms nobody. */
function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || !isHostName(url.hostname.replace(/^\[(.*)\]$/, "$1")))
    return false;
  return [url.origin, `${url.origin}/`].includes(url.href) && !/[\s?#@]/.test(text);
}

/** With a port where browsers need one. */
function isDomain(text: string): boolean {
  const [, name = "", port = "0"] = /^([a-z0-9.-]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  return isHostName(name) && Number(port) <= 65_535;
}

export const siteConfig = z.object({
  basePath: setting("BASE_PATH", basePath, "Path below which the whole site is served, such as /cocalc."),
  origin: setting(
    "COCALC_ORIGIN",
    z
      .string()
      .refine(isOrigin, "must be an origin such as https://cocalc.example.org; a path belongs into BASE_PATH")
      .transform((url) => new URL(url).origin)
      .optional(),
    "Origin of the site as browsers see it, such as https://cocalc.example.org. Absent: taken from the Host of each request.",
  ),
  projectDomain: setting(
    "COCALC_PROJECT_DOMAIN",
    z
      .string()
      .refine(isDomain, "must be a domain such as projects.example.org, in small letters and without scheme and path")
      .optional(),
    "Domain with a wildcard record, such as projects.example.org: each project's web servers get <project_id>.<domain> as an origin of their own. Needs COCALC_ORIGIN.",
  ),
});

export type SiteConfig = z.infer<typeof siteConfig>;

/** The scheme by which browsers reach the site: by configuration; without, as the proxy before us says. */
export function schemeOf({ origin }: Pick<SiteConfig, "origin">, told: Client["proto"]): Client["proto"] {
  if (origin === undefined) return told;
  return origin.startsWith("https:") ? "https" : "http";
}

/** The app's origin as its visitor has to name it: by configuration; without, by the Host that was asked and the scheme that was told. */
export function ownOriginOf({ origin }: Pick<SiteConfig, "origin">, { proto, host }: Client): string {
  return origin ?? `${proto}://${host}`;
}

const HALF_A_YEAR_SECONDS = 15_552_000;

/**
 * Has a browser that came by TLS come by nothing else for half a year (RFC 6797). It holds for the whole host, so that hub-next and static
 * alone say it: nobody uses the hubs' other paths on the app's host who was not at one of these two before.
 */
export function requireTls(response: ServerResponse, scheme: Client["proto"]): void {
  if (scheme === "https") response.setHeader("Strict-Transport-Security", `max-age=${HALF_A_YEAR_SECONDS}`);
}
