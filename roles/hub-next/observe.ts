/** Counts and logs each request of this role, and warns once of a proxy that nobody named to us. */

import type { NextFunction, Request, Response } from "express";
import { splitTarget } from "../../src/core/request-target.ts";
import { RequestWatch } from "../../src/net/serve/request-watch.ts";
import { clientOf, isUnheeded } from "../../src/net/visitor/forwarded.ts";
import { endpointAt } from "../../src/protocol/api-v2-table.ts";
import type { Hub } from "./hub.ts";

/** The watch of this role; what a handler puts into `response.locals.logged` stands in the line of its request. */
export function requestWatch({ log, metrics, site }: Hub): RequestWatch {
  return new RequestWatch({
    role: "hub-next",
    metrics,
    log,
    kindOf: ({ url }) => kindOf(splitTarget(url).path, site.basePath),
    addressOf: (request) => clientOf(request, site).address,
    more: (response) => (response as unknown as Response).locals?.logged ?? {}, // express made it of Node's response
    lines: "all",
  });
}

/** Warns once, with the first request that came by way of a proxy that is not believed. */
export function warnOfUnheeded({ log, site }: Hub) {
  let isWarned = false;
  return (request: Request, _response: Response, next: NextFunction): void => {
    if (!isWarned && isUnheeded(request, site)) {
      isWarned = true;
      log.warn(
        { address: clientOf(request, site).address },
        "X-Forwarded-For is not believed from there; if it is a proxy of yours: COCALC_TRUSTED_PROXIES",
      );
    }
    next();
  };
}

const KINDS = ["auth", "policies", "info", "customize", "alive", "healthcheck"];

/** A label with few values, whatever strangers ask for. */
function kindOf(path: string, basePath: string): string {
  const below = path.startsWith(basePath) ? path.slice(basePath.length + 1) : path;
  if (below.startsWith("api/v2/")) return endpointAt(below.slice("api/v2/".length)) === undefined ? "api/v2" : below;
  const [first = ""] = below.split("/", 1);
  return KINDS.includes(first) ? first : "page";
}
