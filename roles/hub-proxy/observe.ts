/** Counts and logs what is asked of projects. */

import type { Logger } from "../../src/core/log.ts";
import type { Metrics } from "../../src/core/metrics.ts";
import type { HttpRequest } from "../../src/net/serve/http-message.ts";
import { RequestWatch } from "../../src/net/serve/request-watch.ts";
import { clientOf } from "../../src/net/visitor/forwarded.ts";
import type { ProxyConfig } from "./config.ts";
import { ENTER_PATH } from "./entering.ts";
import { targetOf } from "./target.ts";

/** The watch of this role: its kinds are those of a target, `enter` for who enters a project's own origin, `none` for no path of ours. */
export function requestWatch({ log, metrics, config }: { log: Logger; metrics: Metrics; config: ProxyConfig }) {
  return new RequestWatch({
    role: "hub-proxy",
    metrics,
    log,
    kindOf: (request) => kindOf(request, config.basePath),
    addressOf: (request) => clientOf(request, config).address,
    lines: "telling",
  });
}

function kindOf({ url = "" }: HttpRequest, basePath: string): string {
  if (url.startsWith(ENTER_PATH)) return "enter";
  const target = targetOf(url, basePath);
  if (target === undefined) return "none";
  return target.kind === "server" ? target.what : target.kind;
}
