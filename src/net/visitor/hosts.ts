/** What a Host header names: the app, or the project whose own origin it is. One reading for all who ask, so that no two see different things. Pure. */

import { UUID } from "../../core/uuid.ts";
import type { RouteOrigin } from "./routes.ts";

const PROJECT = new RegExp(`^(${UUID})\\.(.+)$`);
const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]);

export interface OriginConfig {
  origin?: string | undefined;
  projectDomain?: string | undefined;
}

export interface HostConfig extends OriginConfig {
  /** Further names of the app, in lower case. */
  hosts: readonly string[];
}

/**
 * The kind of origin that a Host header names. Undefined: it is none of ours, as is a name that somebody else points at this machine (DNS
 * rebinding).
 */
export function originKind(host: string, config: HostConfig): RouteOrigin | undefined {
  if (projectOfHost(host, config) !== undefined) return "project";
  const name = nameIn(host);
  if (LOCAL.has(name) || config.hosts.includes(name)) return "app";
  return config.origin !== undefined && name === nameIn(new URL(config.origin).host) ? "app" : undefined;
}

/**
 * The project whose own origin a Host header names: `<project_id>.<domain>`, or `<project_id>.localhost` where no domain is configured. Undefined: it is
 * not a project's. The port counts for nothing, configured or not: cookies know none, so the project's name with another port is no other site.
 */
export function projectOfHost(host: string, { projectDomain = "localhost" }: OriginConfig): string | undefined {
  const [, projectId, domain] = PROJECT.exec(nameIn(host)) ?? [];
  return domain === nameIn(projectDomain) ? projectId : undefined;
}

/** Is it this very machine, without a domain? */
export function isLocal(host: string): boolean {
  return LOCAL.has(nameIn(host));
}

/** `:8080`, or "". */
export function portIn(host: string): string {
  return PORT.exec(host)?.[0] ?? "";
}

/** In lower case, without the port, and without the dot that may end a whole name. */
export function nameIn(host: string): string {
  return host.toLowerCase().replace(PORT, "").replace(/\.$/, "");
}

const PORT = /:\d{1,5}$/;
