/** Which hosts may be asked for: a name that somebody points at this machine (DNS rebinding) is none of them. Pure. */

import { UUID } from "../../src/core/uuid.ts";
import type { RouteOrigin } from "../../src/net/visitor/routes.ts";

const LOCAL_PROJECT = new RegExp(`^${UUID}\\.localhost$`);
const PROJECT = new RegExp(`^${UUID}\\.`);
const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]);

export interface HostConfig {
  origin?: string | undefined;
  projectDomain?: string | undefined;
  hosts: readonly string[];
}

/** The kind of origin that the Host header names, port aside; undefined: none of ours. */
export function originKind(host: string, { origin, projectDomain, hosts }: HostConfig): RouteOrigin | undefined {
  const name = withoutPort(host.toLowerCase());
  if (projectDomain !== undefined && PROJECT.test(name) && name.replace(PROJECT, "") === withoutPort(projectDomain)) {
    return "project";
  }
  if (projectDomain === undefined && LOCAL_PROJECT.test(name)) return "project";
  if (LOCAL.has(name) || hosts.includes(name)) return "app";
  return origin !== undefined && name === new URL(origin).hostname ? "app" : undefined;
}

function withoutPort(host: string): string {
  return host.replace(/:\d{1,5}$/, "");
}
