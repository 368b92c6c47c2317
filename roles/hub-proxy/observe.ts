/** Counts and logs what is asked of projects. */

import type { Logger } from "../../src/core/log.ts";
import type { Metrics } from "../../src/core/metrics.ts";
import type { HttpRequest } from "../../src/net/http-message.ts";
import { RequestWatch } from "../../src/net/serve/request-watch.ts";
import { ENTER_PATH } from "./entering.ts";
import type { RequestReader } from "./reading.ts";

interface WatchParts {
  log: Logger;
  metrics: Metrics;
  reader: RequestReader;
}

/** The watch of this role: its kinds are those of a target, `enter` for who enters a project's own origin, `none` for no path of ours. */
export function requestWatch({ log, metrics, reader }: WatchParts): RequestWatch {
  return new RequestWatch({
    role: "hub-proxy",
    metrics,
    log,
    kindOf: (request) => kindOf(request, reader),
    addressOf: (request) => reader.read(request).client.address,
    lines: "telling",
  });
}

function kindOf(request: HttpRequest, reader: RequestReader): string {
  if (request.url?.startsWith(ENTER_PATH)) return "enter";
  const { target } = reader.read(request);
  if (target === undefined) return "none";
  return target.kind === "server" ? target.what : target.kind;
}
