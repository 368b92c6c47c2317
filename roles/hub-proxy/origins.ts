/** The address of the other origin, for whoever came to the app's or to a project's own. Pure. */

import type { Client } from "../../src/net/visitor/forwarded.ts";
import { isLocal, nameIn, type OriginConfig, portIn, projectOfHost } from "../../src/net/visitor/hosts.ts";
import { schemeOf } from "../../src/net/visitor/site.ts";

/** The origin of a project's own for whoever came to the app's; undefined where there is none. */
export function projectOrigin(projectId: string, client: Client, config: OriginConfig): string | undefined {
  if (config.projectDomain !== undefined)
    return `${schemeOf(config, client.proto)}://${projectId}.${config.projectDomain}`;
  if (!isLocal(client.host)) return undefined;
  return `${schemeOf(config, client.proto)}://${projectId}.localhost${portIn(client.host)}`;
}

/** The app's origin for whoever came to a project's own; undefined where only configuration could tell it and does not. */
export function appOrigin(client: Client, config: OriginConfig): string | undefined {
  if (config.origin !== undefined) return config.origin;
  if (projectOfHost(client.host, config) === undefined) return `${client.proto}://${client.host}`;
  const isLocalhost = nameIn(config.projectDomain ?? "localhost") === "localhost";
  return isLocalhost ? `${client.proto}://localhost${portIn(client.host)}` : undefined;
}
