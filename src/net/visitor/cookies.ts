/** The names of our cookies on a site, and reading, writing and stripping them; what their values mean is decided elsewhere. */

import { parseCookie, stringifySetCookie } from "cookie";
import type { Client } from "./forwarded.ts";
import { type SiteConfig, schemeOf } from "./site.ts";

export interface CookieNames {
  /** The session of a browser. */
  rememberMe: string;
  /** An API key, for programs that can send cookies only. */
  apiKey: string;
}

const REMEMBER_ME = "remember_me";
const API_KEY = "api_key";
/** The session of a browser on a project's own origin. */
export const PROJECT_COOKIE = "project_session";
/** Begins alike: whoever refuses a cookie of that name from a pod refuses this one, too. */
const PROJECT_MARK = `${PROJECT_COOKIE}_mark`;
/** A cookie with this prefix was set by this very host over TLS, for all its paths: a sibling origin, as a project's is, cannot plant one. */
const HOST_PREFIX = "__Host-";

/** How a site is reached, as far as cookies depend on it. */
export interface CookieSite {
  basePath: string;
  /** Does the browser speak TLS? */
  secure: boolean;
}

/** Does the browser reach the site by TLS? `told`: as `clientOf` says. */
export function isSecure(site: Pick<SiteConfig, "origin">, told: Client["proto"]): boolean {
  return schemeOf(site, told) === "https";
}

/** Names on the app's origin: `__Host-` where TLS allows it, then the base path, so that sites on one host do not meet. */
export function cookieNames(site: CookieSite): CookieNames {
  const prefix = prefixOf(site);
  return { rememberMe: prefix + REMEMBER_ME, apiKey: prefix + API_KEY };
}

/** On a project's own origin, which has no base path of its own: the session there, and the mark of a browser that enters. */
export function projectCookieNames(secure: boolean): { session: string; mark: string } {
  const prefix = secure ? HOST_PREFIX : "";
  return { session: prefix + PROJECT_COOKIE, mark: prefix + PROJECT_MARK };
}

function prefixOf({ basePath, secure }: CookieSite): string {
  return (secure ? HOST_PREFIX : "") + encodeURIComponent(basePath);
}

/** Values by name; the first of equal names. */
export function readCookies(header: string | undefined): Record<string, string | undefined> {
  return header === undefined ? {} : parseCookie(header, { decode: decodeValue });
}

/** A value that is not well encoded is taken as it stands: never an error. */
function decodeValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

export interface CookieToSet {
  name: string;
  value: string;
  secure: boolean;
  /** Seconds; 0 deletes the cookie; absent: until the browser is closed. */
  maxAge?: number;
  sameSite?: "strict" | "lax" | "none";
  path?: string;
}

/** A Set-Cookie header: HttpOnly, host-only. */
export function setCookie({ name, value, secure, maxAge, sameSite = "lax", path = "/" }: CookieToSet): string {
  return stringifySetCookie({
    name,
    value,
    httpOnly: true,
    secure,
    sameSite,
    path,
    ...(maxAge === undefined ? {} : { maxAge }),
  });
}

/** The Cookie header without our own cookies, whatever the prefix; undefined when nothing is left. All others pass as they are. */
export function stripCookies(header: string, basePath: string): string | undefined {
  if (!MAY_HOLD_OURS.test(header)) return header;
  const ours = ourNames(basePath);
  const kept = header.split(";").filter((pair) => !ours.has(nameOf(pair)));
  return kept.length === 0 ? undefined : kept.join(";").trim();
}

const MAY_HOLD_OURS = new RegExp([REMEMBER_ME, API_KEY, PROJECT_COOKIE].join("|"));

const namesByBase = new Map<string, ReadonlySet<string>>();

function ourNames(basePath: string): ReadonlySet<string> {
  const known = namesByBase.get(basePath);
  if (known !== undefined) return known;
  const prefixes = ["", encodeURIComponent(basePath)].flatMap((prefix) => [prefix, HOST_PREFIX + prefix]);
  const names = new Set(
    prefixes.flatMap((prefix) => [REMEMBER_ME, API_KEY, PROJECT_COOKIE, PROJECT_MARK].map((name) => prefix + name)),
  );
  namesByBase.set(basePath, names); // a process has one base path
  return names;
}

function nameOf(pair: string): string {
  return (pair.split("=", 1)[0] ?? "").trim();
}
