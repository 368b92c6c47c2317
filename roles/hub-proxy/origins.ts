/** Which origin a request came to, the app's or a project's own, and the address of the other one. Pure. */

import { UUID } from "../../src/core/uuid.ts";
import type { Client } from "../../src/net/visitor/forwarded.ts";
import { schemeOf } from "../../src/net/visitor/site.ts";

const PROJECT_HOST = new RegExp(`^(${UUID})\\.(.+)$`);
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;
const LOCALHOST = /^localhost(?::\d+)?$/;

export interface OriginConfig {
  origin?: string | undefined;
  projectDomain?: string | undefined;
}

/**
 * The project whose own origin the Host header names: `<project_id>.<domain>`, or `<project_id>.localhost` where no domain is configured. Undefined: it is
 * the app's.
 */
export function projectOfHost(host: string, { projectDomain }: OriginConfig): string | undefined {
  const match = PROJECT_HOST.exec(host.toLowerCase());
  const [, projectId, domain = ""] = match ?? [];
  const isProject = projectDomain === undefined ? LOCALHOST.test(domain) : sameHost(domain, projectDomain);
  return isProject ? projectId : undefined;
}

/** The origin of a project's own for whoever came to the app's; undefined where there is none. */
export function projectOrigin(projectId: string, client: Client, config: OriginConfig): string | undefined {
  if (config.projectDomain !== undefined)
    return `${schemeOf(config, client.proto)}://${projectId}.${config.projectDomain}`;
  if (!LOOPBACK_HOST.test(client.host)) return undefined;
  const port = /:\d+$/.exec(client.host)?.[0] ?? "";
  return `${schemeOf(config, client.proto)}://${projectId}.localhost${port}`;
}

/** The app's origin for whoever came to a project's own; undefined where only configuration could tell it and does not. */
export function appOrigin(client: Client, config: OriginConfig): string | undefined {
  if (config.origin !== undefined) return config.origin;
  if (projectOfHost(client.host, config) === undefined) return `${client.proto}://${client.host}`;
  const domain = client.host.slice(client.host.indexOf(".") + 1);
  return LOCALHOST.test(domain) ? `${client.proto}://${domain}` : undefined;
}

/** A configured domain without a port stands for any port. */
function sameHost(host: string, configured: string): boolean {
  return host === configured || host.replace(/:\d+$/, "") === configured;
}
