/** The admin port of a process: `/livez`, `/readyz` (which check fails, in words) and `/metrics`. Never reachable from outside. */

import type { ServerResponse } from "node:http";
import type { Check } from "../../roles/define-role.ts";
import type { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import { splitTarget } from "../core/request-target.ts";
import { type Serving, serveHttp } from "../net/serve/serve.ts";
import type { SelfReport } from "./parts.ts";

interface AdminOptions {
  listen: { host: string; port: number };
  log: Logger;
  metrics: Metrics;
  report: SelfReport;
}

/**
 * Serves the admin port: live as long as the process answers and nothing in it needs a restart, ready while every check passes and nothing
 * is draining. Notes are told beside.
 */
export function serveAdmin(life: Life, { listen, log, metrics, report }: AdminOptions): Promise<Serving> {
  let draining = false;
  life.onDrain("readiness", () => {
    draining = true;
  });
  const pages: Record<string, (response: ServerResponse) => void | Promise<void>> = {
    "/livez": (response) => tell(response, "alive", { problems: said(report.liveness) }),
    "/readyz": (response) => {
      const problems = draining ? ["draining: this process is stopping"] : said(report.readiness);
      tell(response, "ready", { problems, notes: said(report.notes) });
    },
    "/metrics": async (response) => answer(response, 200, await metrics.metrics(), metrics.contentType),
  };
  return serveHttp(life, {
    name: "admin",
    listen,
    log,
    maxConnections: 100,
    handle: (request, response) => {
      const page = pages[splitTarget(request.url).path];
      if (page === undefined) return answer(response, 404, "There are /livez, /readyz and /metrics here.\n");
      void Promise.resolve(page(response)).catch(() => answer(response, 500, "This page could not be made.\n"));
    },
  });
}

function said(checks: ReadonlyMap<string, Check>): string[] {
  return [...checks].flatMap(([name, check]) => {
    const words = check();
    return words === undefined ? [] : [`${name}: ${words}`];
  });
}

interface Told {
  problems: string[];
  notes?: string[];
}

function tell(response: ServerResponse, well: string, { problems, notes = [] }: Told): void {
  const isWell = problems.length === 0;
  answer(response, isWell ? 200 : 503, [...(isWell ? [well] : problems), ...notes, ""].join("\n"));
}

function answer(response: ServerResponse, status: number, text: string, type = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-store" });
  response.end(text);
}
