/** The error boundaries: an expected error in its words, anything else as a bug: logged whole, told as `internal`. */

import type { NextFunction, Request, Response } from "express";
import { AppError, isAppError, isError } from "../../src/core/errors.ts";
import { loggedPath } from "../../src/net/serve/request-watch.ts";
import { html } from "./html.ts";
import type { Hub } from "./hub.ts";
import { sendPage } from "./pages/layout.ts";
import { strangerOf, visitorOf } from "./visitor.ts";

type Boundary = (error: unknown, request: Request, response: Response, next: NextFunction) => void | Promise<void>;

/** What is about HTTP itself; all other errors of the API have status 200. */
const ABOUT_HTTP = [405, 408, 413];

export function apiErrorBoundary(hub: Hub): Boundary {
  return (thrown, request, response, _next) => {
    const error = expected(hub, thrown, request);
    if (response.headersSent) return void response.destroy();
    const { message, code, retryAfterSeconds, status } = error;
    if (retryAfterSeconds !== undefined) response.setHeader("Retry-After", String(retryAfterSeconds));
    response.locals.logged = { ...response.locals.logged, code };
    response.setHeader("Cache-Control", "no-store");
    response.status(ABOUT_HTTP.includes(status) ? status : 200);
    response.json({ error: message, code, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) });
  };
}

const TITLES: Partial<Record<string, string>> = {
  not_found: "There is nothing here",
  unavailable: "The database is away",
  forbidden: "This is not open to you",
  gone: "This link is no longer good",
  internal: "Something broke",
  too_large: "That is too large",
};

/** A page in words; never fails itself: the settings serve without the database. */
export function pageErrorBoundary(hub: Hub): Boundary {
  return async (thrown, request, response, _next) => {
    const error = expected(hub, thrown, request);
    if (response.headersSent) return void response.destroy();
    const isTooMuch = error.code === "rate_limited"; // looking up who it is may be just that
    const looked = isTooMuch ? strangerOf(hub, request) : visitorOf(hub, request).catch(() => strangerOf(hub, request));
    const [visitor, settings] = await Promise.all([looked, hub.settings.values()]);
    const base = hub.site.basePath;
    const main = html`<h1>${TITLES[error.code] ?? "This did not work"}</h1><p>${error.message}</p>
<p class="actions"><a class="button plain" href="${base}/">To the first page</a></p>`;
    const retry = error.retryAfterSeconds ?? (error.code === "unavailable" ? 5 : undefined);
    const headers = retry === undefined ? {} : { "Retry-After": String(retry) };
    const page = { title: TITLES[error.code] ?? "This did not work", main, status: error.status, headers };
    sendPage({ hub, visitor, settings, request, response }, page);
  };
}

function expected(hub: Hub, thrown: unknown, request: Request): AppError {
  if (isAppError(thrown)) return thrown;
  const fromParser = parserError(thrown);
  if (fromParser !== undefined) return fromParser;
  hub.log.error({ err: thrown, method: request.method, path: loggedPath(request.path) }, "a request failed by a bug");
  return new AppError(
    "internal",
    "Something broke on this server; it has been logged. Try again, or tell whoever runs this site.",
  );
}

/** Errors of the body parsers and the router say what they are by `type` and `status`. */
function parserError(thrown: unknown): AppError | undefined {
  if (!isError(thrown) || !("status" in thrown) || typeof thrown.status !== "number") return undefined;
  if (thrown.status === 413) return new AppError("too_large", "The body is too large.");
  if (thrown.status >= 400 && thrown.status < 500) {
    return new AppError("invalid", "The request cannot be read: its body is not what it says, or not plain text.");
  }
  return undefined;
}
