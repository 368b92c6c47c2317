/** Counts and logs what comes in, by the role that it goes to. */

import type { Logger } from "../../src/core/log.ts";
import type { Metrics } from "../../src/core/metrics.ts";
import type { HttpRequest } from "../../src/net/http-message.ts";
import { RequestWatch } from "../../src/net/serve/request-watch.ts";
import { clientOf } from "../../src/net/visitor/forwarded.ts";
import type { IngressConfig } from "./config.ts";
import { routeOfRequest } from "./route.ts";

/** The watch of this role: its kinds are the roles that routes name, and `none` for what has no route. */
export function requestWatch({ log, metrics, config }: { log: Logger; metrics: Metrics; config: IngressConfig }) {
  return new RequestWatch({
    role: "ingress",
    metrics,
    log,
    kindOf: (request) => kindOf(request, config),
    addressOf: (request) => clientOf(request, config).address,
    lines: "telling",
  });
}

function kindOf(request: HttpRequest, config: IngressConfig): string {
  try {
    return routeOfRequest(request, config).role;
  } catch {
    return "none"; // why is told to whoever asked
  }
}
