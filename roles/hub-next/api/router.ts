/** `/api/v2` over HTTP: POST a JSON object, get JSON. */

import { type Request, type Response, Router } from "express";
import { AppError, invalid } from "../../../src/core/errors.ts";
import type { Hub } from "../hub.ts";
import { visitorOf } from "../visitor.ts";
import { dispatch, isJson } from "./dispatch.ts";
import { openApi } from "./openapi.ts";
import { readBody } from "./read-body.ts";

export function apiRouter(hub: Hub): Router {
  const router = Router({ caseSensitive: true });
  const document = openApi();
  router.get("/openapi.json", (_request, response) => void response.json(document));
  router.post("/*path", onlyJson, async (request, response) => {
    const visitor = await visitorOf(hub, request);
    response.locals.logged = { account_id: visitor.identity?.accountId };
    hub.calls.take(visitor);
    const body = await readBody(request, response, visitor.identity === undefined ? "stranger" : "known");
    const answer = await dispatch({ hub, visitor, response }, request.path.slice(1), body);
    response.setHeader("Cache-Control", "no-store");
    response.json(answer);
  });
  router.all("/*path", () => {
    throw new AppError("invalid", "Endpoints take POST with a JSON object; /api/v2/openapi.json lists them.", {
      status: 405,
    });
  });
  return router;
}

function onlyJson(request: Request, _response: Response, next: () => void): void {
  if (!isJson(request)) throw invalid("Send a JSON object with Content-Type: application/json.");
  next();
}
