/** What a path of hub-proxy names: a project, and what of it. Pure. */

import { belowBase } from "../../src/net/routes.ts";

/**
 * `server`: the project's own server, for which a hub vouches (api, raw); `web`: a server of the people in it, on a port or under a name;
 * `start`: our page that offers to start it.
 */
export type Target = { projectId: string } & (
  | { kind: "server"; what: "api" | "raw"; path: string }
  | { kind: "web"; port: number | string; path: string }
  | { kind: "start" }
);

const PROJECT_PATH = /^\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\/(\w+)(?:\/([^/]*)(\/.*)?)?$/i;
const NAME = /^[a-z][a-z0-9-]{0,30}$/;

/**
 * Reads the target of a request line. A server under `port` gets the path as it stands, one under `server` only what follows its port.
 * Undefined: no path of ours.
 */
export function targetOf(url: string, basePath: string): Target | undefined {
  const queryAt = url.indexOf("?");
  const [path, query] = queryAt < 0 ? [url, ""] : [url.slice(0, queryAt), url.slice(queryAt)];
  const below = belowBase(basePath, path);
  const match = below === undefined ? null : PROJECT_PATH.exec(below);
  if (match === null) return undefined;
  const [, id = "", what = "", first = "", rest = ""] = match;
  const projectId = id.toLowerCase();
  if (what === "api" || what === "raw") return { projectId, kind: "server", what, path: url };
  if (what === "start" && first === "" && rest === "") return { projectId, kind: "start" };
  if (what !== "port" && what !== "server") return undefined;
  const port = portOf(first);
  if (port === undefined) return undefined;
  return { projectId, kind: "web", port, path: what === "port" ? url : (rest === "" ? "/" : rest) + query };
}

function portOf(text: string): number | string | undefined {
  if (NAME.test(text)) return text;
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}
