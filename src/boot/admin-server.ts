/** The admin port of a process: `/livez`, `/readyz` (which check fails, in words) and `/metrics`. Never reachable from outside. */

import type { ServerResponse } from "node:http";
import type { Check } from "../../roles/define-role.ts";
import type { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import { type Serving, serveHttp } from "../net/serve/serve.ts";

interface AdminOptions {
  listen: { host: string; port: number };
  log: Logger;
  metrics: Metrics;
  checks: ReadonlyMap<string, Check>;
}

/** Serves the admin port: live as long as the process answers, ready while every check passes and nothing is draining. */
export function serveAdmin(life: Life, { listen, log, metrics, checks }: AdminOptions): Promise<Serving> {
  let draining = false;
  life.onDrain("readiness", () => {
    draining = true;
  });
  const pages: Record<string, (response: ServerResponse) => void | Promise<void>> = {
    "/livez": (response) => answer(response, 200, "alive\n"),
    "/readyz": (response) => {
      const problems = draining ? ["draining: this process is stopping"] : failing(checks);
      answer(
        response,
        problems.length === 0 ? 200 : 503,
        problems.length === 0 ? "ready\n" : `${problems.join("\n")}\n`,
      );
    },
    "/metrics": async (response) => answer(response, 200, await metrics.metrics(), metrics.contentType),
  };
  return serveHttp(life, {
    name: "admin",
    listen,
    log,
    maxConnections: 100,
    handle: (request, response) => {
      const page = pages[request.url?.split("?")[0] ?? ""];
      if (page === undefined) return answer(response, 404, "There are /livez, /readyz and /metrics here.\n");
      void Promise.resolve(page(response)).catch(() => answer(response, 500, "This page could not be made.\n"));
    },
  });
}

function failing(checks: ReadonlyMap<string, Check>): string[] {
  return [...checks].flatMap(([name, check]) => {
    const problem = check();
    return problem === undefined ? [] : [`${name}: ${problem}`];
  });
}

function answer(response: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" });
  response.end(text);
}
