/** A log line and a measurement for each request: bounded, without query, cookie or body. */

import type { NextFunction, Request, Response } from "express";
import { histogram } from "../../src/core/metrics.ts";
import { clientOf, isUnheeded } from "../../src/net/visitor/forwarded.ts";
import { endpointAt } from "../../src/protocol/api-v2-table.ts";
import type { Hub } from "./hub.ts";

const MAX_PATH = 200;

export function watchRequests({ log, metrics, site }: Hub) {
  const seconds = histogram(metrics, {
    name: "cocalc_hub_next_request_seconds",
    help: "Time to answer a request, by endpoint or kind of page and class of status.",
    labels: ["endpoint", "status"],
  });
  let isWarned = false;
  return (request: Request, response: Response, next: NextFunction): void => {
    const began = process.hrtime.bigint();
    const address = clientOf(request, site).address.slice(0, 64); // now: a socket that is closed has none
    if (!isWarned && isUnheeded(request, site)) {
      isWarned = true;
      log.warn(
        { address },
        "X-Forwarded-For is not believed from there; if it is a proxy of yours: COCALC_TRUSTED_PROXIES",
      );
    }
    const path = request.url.split("?", 1)[0] ?? "";
    response.once("close", () => {
      const took = Number(process.hrtime.bigint() - began) / 1e9;
      const status = response.writableFinished ? response.statusCode : 499;
      seconds.observe({ endpoint: kindOf(path, site.basePath), status: `${Math.floor(status / 100)}xx` }, took);
      log.info(
        {
          method: request.method,
          path: loggedPath(path),
          status,
          ms: Math.round(took * 1_000),
          address,
          ...response.locals.logged,
        },
        "request",
      );
    });
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

/** What follows in such a path is the secret of a link that somebody was sent. */
const SECRET_LINK = /\/auth\/(?:password-reset|verify)\//i;

/** No secret, no control characters (they would be lines of their own in some viewers), and not too long. */
export function loggedPath(path: string): string {
  const secret = SECRET_LINK.exec(path);
  const told = secret === null ? path : `${path.slice(0, secret.index)}${secret[0]}…`;
  return told.slice(0, MAX_PATH).replace(/[^\x20-\x7e…]/g, "?");
}
