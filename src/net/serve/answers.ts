/** Answers to programs: JSON, and what may be told of an error. Pages for browsers are in plain-page.ts. */

import { AppError, isAppError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { WireError } from "../../protocol/common.ts";
import type { HttpRequest, HttpResponse } from "../http-message.ts";

export interface JsonAnswer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** Sends JSON that nobody keeps; a HEAD gets its headers. */
export function sendJson(request: HttpRequest, response: HttpResponse, { status, body, headers }: JsonAnswer): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...headers,
  });
  response.end(request.method === "HEAD" ? undefined : text);
}

/** How every wire tells an expected error. */
export function wireErrorOf({ message, code, retryAfterSeconds }: AppError): WireError {
  return { error: message, code, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}

const NOTED = "Something went wrong here; it has been noted.";

/** Anything thrown as what may be told: an expected error as it is; a bug is logged whole, with `what` failed, and told without its words. */
export function tellable(error: unknown, log: Logger, what: string, told = NOTED): AppError {
  if (isAppError(error)) return error;
  log.error({ err: error }, what);
  return new AppError("internal", told);
}
