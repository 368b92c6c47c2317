/** Which route a request takes: by the host that it names, and by the one route table. Pure. */

import { AppError, invalid, notFound } from "../../src/core/errors.ts";
import { splitTarget } from "../../src/core/request-target.ts";
import type { HttpRequest } from "../../src/net/http-message.ts";
import { type HostConfig, originKind } from "../../src/net/visitor/hosts.ts";
import { belowBase, type Route, routeOf } from "../../src/net/visitor/routes.ts";

export interface RouteConfig extends HostConfig {
  basePath: string;
}

/** @throws AppError with status 421 for a host that is not ours, 404 for what is not below the base path, `invalid` for no path. */
export function routeOfRequest({ url, headers }: HttpRequest, config: RouteConfig): Route {
  const kind = originKind(headers.host ?? "", config);
  if (kind === undefined) {
    const message =
      "This site is not known under that name. Use the address that it was given (COCALC_ORIGIN, COCALC_HOSTS).";
    throw new AppError("invalid", message, { status: 421 });
  }
  const { path } = splitTarget(url);
  // Of what `new URL` cannot read, such as `//`, http-proxy-middleware says that it is not for it, and nobody would answer.
  if (!path.startsWith("/") || !URL.canParse(path, "http://role")) throw invalid("The request names no path.");
  if (kind === "project") return routeOf("project", path);
  const below = belowBase(config.basePath, path);
  if (below === undefined) throw notFound(`This site is below ${config.basePath}/.`);
  return routeOf("app", below);
}
