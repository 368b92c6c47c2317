/** Where a web server sends its visitors, as they have to go: a server behind a proxy often tells an address of its own. Pure. */

import type { Client } from "../visitor/forwarded.ts";
import { belowBase } from "../visitor/routes.ts";

export interface Redirecting {
  client: Client;
  /** Below which all of the project stands: `<base path>/<project_id>`. */
  base: string;
  /** What the visitor's path has before the server's, such as `/<project_id>/server/8000`; "" for a server that is told whole paths. */
  prefix: string;
  /** On which the server listens. */
  port: number | undefined;
}

const ITSELF = new Set(["localhost", "127.0.0.1", "0.0.0.0", "[::1]", "[::]"]);

/** The value of Location for the visitor; what leads elsewhere stays as it is. */
export function visitorsLocation(location: string, redirecting: Redirecting): string {
  const path = ownPath(location, redirecting);
  if (path === undefined) return location;
  const { base, prefix } = redirecting;
  return belowBase(base, path) !== undefined ? path : prefix + path;
}

/** The path of an address that is the server's; undefined for another's, and for one relative to the page. */
function ownPath(location: string, { client, port }: Redirecting): string | undefined {
  if (/^\/(?![/\\])/.test(location)) return location;
  if (!/^https?:\/\//i.test(location) || !URL.canParse(location)) return undefined;
  const url = new URL(location);
  const asked = client.host.replace(/:\d+$/, "").toLowerCase();
  const named = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const isItself = named === port && (ITSELF.has(url.hostname) || url.hostname === asked);
  const isAsked = url.host === client.host.toLowerCase();
  return isItself || isAsked ? url.pathname + url.search + url.hash : undefined;
}
