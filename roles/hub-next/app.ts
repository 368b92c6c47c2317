/** All that this role answers, as one express application: what stands before every request, then the API, the pages, and the one error boundary. */

import express, { type Express, type NextFunction, type Request, type Response } from "express";
import { splitTarget } from "../../src/core/request-target.ts";
import { clientOf } from "../../src/net/visitor/forwarded.ts";
import { belowBase } from "../../src/net/visitor/routes.ts";
import { requireTls, schemeOf } from "../../src/net/visitor/site.ts";
import { apiRouter } from "./api/router.ts";
import { apiErrorBoundary, pageErrorBoundary } from "./errors.ts";
import { healthRouter } from "./health.ts";
import type { Hub } from "./hub.ts";
import { warnOfUnheeded } from "./observe.ts";
import { pageRouter } from "./pages/router.ts";
import { siteFilesRouter } from "./site-files.ts";

/** The application of a hub; given to `serveHttp`. */
export function hubApp(hub: Hub): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  app.use(warnOfUnheeded(hub), standardHeaders(hub), takeOffBase(hub.site.basePath));
  app.use("/api/v2", apiRouter(hub), apiErrorBoundary(hub));
  app.use(siteFilesRouter(hub), healthRouter(hub), pageRouter(hub), pageErrorBoundary(hub));
  return app;
}

/** What every answer carries. Pages add their own policy. */
function standardHeaders({ site }: Hub) {
  return (request: Request, response: Response, next: NextFunction): void => {
    response.setHeader("X-Content-Type-Options", "nosniff");
    // Not `no-referrer`: browsers would send `Origin: null` with our own forms.
    response.setHeader("Referrer-Policy", "same-origin");
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
    response.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    requireTls(response, schemeOf(site, clientOf(request, site).proto));
    next();
  };
}

/** Routes are written without the base path; what is not below it belongs to nobody here. */
function takeOffBase(basePath: string) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const { path, search } = splitTarget(request.url);
    const below = belowBase(basePath, path);
    if (below === undefined) {
      response.status(404).type("text/plain").send(`This site is at ${basePath}/\n`);
      return;
    }
    request.url = below + search;
    next();
  };
}
