/** Where the site is: its base path, the addresses made from it, and whether projects have their own. Knows nothing of routing inside the app. */

import { bytesOf } from "./names.ts";

export interface Site {
  /** "" or such as "/cocalc": no slash at the end. */
  base: string;
  /** Has each project an origin of its own? A server with a name is shown nowhere else: a sandboxed page may not load its parts. */
  hasProjectOrigins: boolean;
}

/** Reads what the role `static` wrote into the page. */
export function siteOfPage(page: Document): Site {
  const told = (name: string) => page.querySelector<HTMLMetaElement>(`meta[name="cocalc-${name}"]`)?.content ?? "";
  const hasDomain = told("project-domain") === "yes";
  return { base: told("base"), hasProjectOrigins: hasProjectOrigins(hasDomain, page.location.hostname) };
}

/** As hub-proxy sees it: on the site's domain for projects, or, where the site is on this very machine, below localhost. */
export function hasProjectOrigins(hasDomain: boolean, hostname: string): boolean {
  return hasDomain || LOOPBACK_HOSTS.has(hostname);
}

const LOOPBACK_HOSTS = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Path of the hub's socket. */
export const hubSocketPath = ({ base }: Site): string => `${base}/hub`;
/** Path of a project's socket. */
export const projectSocketPath = ({ base }: Site, projectId: string): string => `${base}/${projectId}/api/socket`;
/** A path below a project's HTTP interface. */
export const projectApi = ({ base }: Site, projectId: string, rest: string): string =>
  `${base}/${projectId}/api/${rest}`;

/** The page to sign in, which leads back to `next`. */
export function signInAddress({ base }: Site, next: string): string {
  return `${base}/auth/sign-in?next=${encodeURIComponent(next)}`;
}

/** A web server of the people in a project; `rest` is its path, without a slash before it. The hub leads to the project's own origin. */
export const webServerAddress = ({ base }: Site, projectId: string, port: number, rest = ""): string =>
  `${base}/${projectId}/server/${port}/${rest}`;

/** A server with a name in a project; `path` is what the project says. */
export const namedServerAddress = ({ base }: Site, projectId: string, path: string): string =>
  `${base}/${projectId}/${path}`;

/**
 * The address under which browsers reach what a program in the project calls itself ("Serving on http://0.0.0.0:8000/"); undefined when
 * the address is not one of the project's own machine.
 */
export function reachableAddress(site: Site, projectId: string, uri: string): string | undefined {
  if (!URL.canParse(uri)) return undefined;
  const { protocol, hostname, port, pathname, search, hash } = new URL(uri);
  if (protocol !== "http:" || !OWN_HOSTS.has(hostname)) return undefined;
  return webServerAddress(site, projectId, Number(port || 80), pathname.slice(1) + search + hash);
}

const OWN_HOSTS = new Set(["localhost", "127.0.0.1", "0.0.0.0", "[::1]", "[::]"]);

/** The bytes of a file as a page of its own; each name is encoded, slashes stay. Outside of the home folder there is no such page: the bytes alone. */
export function rawAddress(site: Site, projectId: string, path: string): string {
  if (path.startsWith("/")) return projectApi(site, projectId, `files/read?${new URLSearchParams({ path })}`);
  const names = path
    .split("/")
    .map((name) => (name.startsWith("base64:") ? encodedBytes(name) : encodeURIComponent(name)));
  return `${site.base}/${projectId}/raw/${names.join("/")}`;
}

function encodedBytes(tagged: string): string {
  return [...bytesOf(tagged)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}
