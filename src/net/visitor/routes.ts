/** The one route table: which path of which origin belongs to which role, and who may. The ingress, a page of the reference and a test are made from it. */

import { UUID } from "../../core/uuid.ts";

/** `app` is the site's own origin; `project` is the origin that belongs to one project alone. */
export type RouteOrigin = "app" | "project";

/**
 * Who may use a route: `anyone`; `account`: somebody signed in; `member`: owner or collaborator of the project in the path (or an
 * administrator); `endpoint`: the endpoint itself says (each of `/api/v2` states it in its own table).
 */
export type RouteAccess = "anyone" | "account" | "member" | "endpoint";

export interface Route {
  origin: RouteOrigin;
  /** Prefix below the base path; `:project_id` stands for a UUID, `*` for anything that follows. */
  path: string;
  role: "static" | "hub-websocket" | "hub-proxy" | "hub-next";
  access: RouteAccess;
  /** Is an Upgrade to WebSocket served here? */
  upgrade: boolean;
}

/** First match wins. */
export const routes: readonly Route[] = [
  { origin: "app", path: "/app/*", role: "static", access: "anyone", upgrade: false },
  { origin: "app", path: "/static/*", role: "static", access: "anyone", upgrade: false },
  { origin: "app", path: "/hub/*", role: "hub-websocket", access: "account", upgrade: true },
  { origin: "app", path: "/:project_id/api/*", role: "hub-proxy", access: "member", upgrade: true },
  { origin: "app", path: "/:project_id/raw/*", role: "hub-proxy", access: "member", upgrade: true },
  { origin: "app", path: "/:project_id/port/*", role: "hub-proxy", access: "member", upgrade: true },
  { origin: "app", path: "/:project_id/server/*", role: "hub-proxy", access: "member", upgrade: true },
  { origin: "app", path: "/:project_id/*", role: "hub-proxy", access: "member", upgrade: false },
  { origin: "app", path: "/api/v2/*", role: "hub-next", access: "endpoint", upgrade: false },
  { origin: "app", path: "/*", role: "hub-next", access: "anyone", upgrade: false },
  { origin: "project", path: "/*", role: "hub-proxy", access: "member", upgrade: true },
];

interface CompiledRoute {
  route: Route;
  pattern: RegExp;
}

const compiled: readonly CompiledRoute[] = routes.map((route) => ({ route, pattern: compile(route.path) }));

function compile(path: string): RegExp {
  const body = path.replace(/\/\*$/, "").replace(":project_id", UUID);
  return new RegExp(`^${body}(?:/.*)?$`, "i");
}

/** The route of a path (without query) below the base path. Every path has one. */
export function routeOf(origin: RouteOrigin, path: string): Route {
  const found = compiled.find(({ route, pattern }) => route.origin === origin && pattern.test(path));
  if (found === undefined) throw new Error(`no route for ${origin} ${path}`); // the last of each origin matches all
  return found.route;
}

/** Removes the base path ("" or such as "/cocalc"); undefined when the path is not below it. */
export function belowBase(basePath: string, path: string): string | undefined {
  if (basePath === "") return path;
  if (path === basePath) return "/";
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : undefined;
}
