/** What a path of hub-proxy names: a project, and what of it. Pure. */

import { splitTarget } from "../../src/core/request-target.ts";
import { UUID } from "../../src/core/uuid.ts";
import { belowBase } from "../../src/net/visitor/routes.ts";

/**
 * `prefix` is what a visitor's path has before the one that the server is told.
 * `server`: the project's own server (api, raw); `web`: a server of the people in it, on a port; `named`: one that the project's own server
 * starts and stands before; `start`: our page that offers to start it.
 */
export type Target = { projectId: string } & (
  | { kind: "server"; what: "api" | "raw"; path: string }
  | { kind: "web"; port: number; path: string; prefix: string }
  | { kind: "named"; name: string; path: string }
  | { kind: "start" }
);

const PROJECT_PATH = new RegExp(`^/(${UUID})/(\\w+)(?:/([^/]*)(/.*)?)?$`, "i");
const NAME = /^[a-z][a-z0-9-]{0,30}$/;

/**
 * Reads the target of a request line. A server on a port gets the path as it stands below `port`, and below `server` only what follows its
 * port; for one with a name the project does the same. Undefined: no path of ours.
 */
export function targetOf(url: string, basePath: string): Target | undefined {
  const { path, search } = splitTarget(url);
  const below = belowBase(basePath, path);
  const match = below === undefined ? null : PROJECT_PATH.exec(below);
  if (match === null) return undefined;
  const [, id = "", what = "", first = "", rest = ""] = match;
  const projectId = id.toLowerCase();
  if (what === "api" || what === "raw") return { projectId, kind: "server", what, path: url };
  if (what === "start" && first === "" && rest === "") return { projectId, kind: "start" };
  if (what !== "port" && what !== "server") return undefined;
  if (NAME.test(first)) return { projectId, kind: "named", name: first, path: url };
  const port = portOf(first);
  if (port === undefined) return undefined;
  if (what === "port") return { projectId, kind: "web", port, path: url, prefix: "" };
  const prefix = rest === "" ? path : path.slice(0, -rest.length);
  return { projectId, kind: "web", port, path: (rest === "" ? "/" : rest) + search, prefix };
}

function portOf(text: string): number | undefined {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}
