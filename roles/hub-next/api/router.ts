/** `/api/v2` over HTTP: POST a JSON object, get JSON. */

import express, { type Request, type Response, Router } from "express";
import { AppError, invalid } from "../../../src/core/errors.ts";
import type { Hub } from "../hub.ts";
import { visitorOf } from "../visitor.ts";
import { dispatch, isJson } from "./dispatch.ts";
import { openApi } from "./openapi.ts";

const MAX_BODY = "1mb";

export function apiRouter(hub: Hub): Router {
  const router = Router({ caseSensitive: true });
  const json = express.json({ limit: MAX_BODY, type: () => true, reviver: onlyText });
  router.get("/openapi.json", (_request, response) => void response.json(openApi()));
  router.post("/*path", onlyJson, json, async (request, response) => {
    const visitor = await visitorOf(hub, request);
    response.locals.logged = { account_id: visitor.identity?.accountId };
    const answer = await dispatch({ hub, visitor, response }, request.path.slice(1), bodyOf(request));
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

/** PostgreSQL keeps no zero bytes and no halves of characters: refused here, for all endpoints, as what the parser refuses itself. */
function onlyText(key: string, value: unknown): unknown {
  for (const text of [key, value]) {
    if (typeof text === "string" && (text.includes("\0") || !text.isWellFormed()))
      throw new SyntaxError("text holds a zero byte or half a character");
  }
  return value;
}

/** An empty body is an empty object. */
function bodyOf(request: Request): object {
  const body: unknown = request.body ?? {};
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw invalid("Send a JSON object.");
  return body;
}
