/** Small HTML pages of roles that are not the app, and errors for whoever asks: such a page for browsers, JSON for programs. */

import type { AppError } from "../../core/errors.ts";
import type { HttpRequest, HttpResponse } from "../http-message.ts";
import { sendJson, wireErrorOf } from "./answers.ts";

export interface PlainPage {
  status: number;
  title: string;
  /** HTML; whatever varies in it has gone through `escapeHtml`. */
  body: string;
  /** Seconds after which the browser looks again. */
  refreshSeconds?: number;
  headers?: Record<string, string | string[]>;
}

const STYLE =
  ":root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}body{max-width:36rem;margin:12vh auto;padding:0 1rem}" +
  "h1{font-size:1.4rem}p{white-space:pre-line;overflow-wrap:anywhere}button{font:inherit;padding:.5rem 1.2rem;border-radius:.4rem;border:1px solid;cursor:pointer}.quiet{opacity:.75}";

/** A page without script, that nothing can embed and that loads nothing. */
export function sendPage(request: HttpRequest, response: HttpResponse, page: PlainPage): void {
  const refresh =
    page.refreshSeconds === undefined ? "" : `<meta http-equiv="refresh" content="${page.refreshSeconds}">`;
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${refresh}<title>${escapeHtml(page.title)}</title><style>${STYLE}</style></head><body><main><h1>${escapeHtml(page.title)}</h1>${page.body}</main></body></html>\n`;
  response.writeHead(page.status, {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": Buffer.byteLength(html),
    "Content-Security-Policy":
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin", // with none at all, browsers send `Origin: null` with the forms of these pages
    "X-Content-Type-Options": "nosniff",
    ...page.headers,
  });
  response.end(request.method === "HEAD" ? undefined : html);
}

/** An error: a page where a browser navigates, else JSON. `more` is HTML under the message; without a title there stands the usual one of its code. */
export function sendError(
  request: HttpRequest,
  response: HttpResponse,
  {
    error,
    title = TITLES[error.code] ?? "This did not work",
    more = "",
  }: { error: AppError; title?: string; more?: string },
): void {
  const headers: Record<string, string> = {};
  if (error.retryAfterSeconds !== undefined) headers["Retry-After"] = String(error.retryAfterSeconds);
  if (!wantsPage(request)) {
    sendJson(request, response, { status: error.status, body: wireErrorOf(error), headers });
    return;
  }
  sendPage(request, response, {
    status: error.status,
    title,
    body: `<p>${escapeHtml(error.message)}</p>${more}`,
    headers,
  });
}

/** Does a browser go to a page with this request? */
export function wantsPage(request: HttpRequest): boolean {
  const mode = request.headers["sec-fetch-mode"];
  if (mode !== undefined && mode !== "navigate") return false;
  return (request.headers.accept ?? "").includes("text/html");
}

const TITLES: Record<string, string> = {
  unauthenticated: "Please sign in",
  forbidden: "This is not open to you",
  not_found: "There is nothing here",
  unavailable: "This cannot be reached now",
  timeout: "This takes too long",
};

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as it may stand in HTML, also inside quotes of an attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
