/**
 * From the app's origin to a project's own, by redirects alone. The project's origin gives the browser a mark (1) and sends it to the app
 * with the mark's hash, the app answers with a one-time ticket for that mark (2), and the project's origin takes the ticket from the browser
 * with the mark alone (3), for a cookie for that project alone. So nobody enters by a ticket that somebody else was given.
 */

import { AppError, forbidden, unavailable } from "../../src/core/errors.ts";
import type { Db } from "../../src/db/db.ts";
import type { Access } from "../../src/domain/access/access.ts";
import type { Identity } from "../../src/domain/access/identity.ts";
import { createTicket, redeemTicket } from "../../src/domain/access/project-origins.ts";
import { hashToken, isToken, randomToken } from "../../src/domain/access/tokens.ts";
import type { HttpRequest, HttpResponse } from "../../src/net/http-message.ts";
import { sendError } from "../../src/net/serve/plain-page.ts";
import { isSecure, projectCookieNames, readCookies, setCookie } from "../../src/net/visitor/cookies.ts";
import type { Client } from "../../src/net/visitor/forwarded.ts";
import type { SiteConfig } from "../../src/net/visitor/site.ts";
import { appOrigin } from "./origins.ts";
import { isLocalPath } from "./pages.ts";

/** Path of every project's origin where a browser enters; no project's path begins so. */
export const ENTER_PATH = "/.cocalc/enter?";

/** The last parameter of a path that a project's origin sends to the app: the hash of the browser's mark. */
const MARKED = /[?&]cocalc-browser=([\w-]{43})$/;

const NOT_KEPT = { "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Length": "0" };

interface Leaving {
  db: Db;
  identity: Identity;
  projectId: string;
  /** The project's own origin. */
  own: string;
}

/**
 * Redirects a browser to the same path on the project's own origin: with a ticket if it comes from there, else to get its mark first.
 * @throws AppError `forbidden` for API keys.
 */
export async function sendToProjectOrigin(
  request: HttpRequest,
  response: HttpResponse,
  { db, identity, projectId, own }: Leaving,
): Promise<void> {
  if (identity.credential.kind !== "session") {
    throw forbidden(`Ports of projects have an origin of their own: send the API key to ${own} instead.`);
  }
  if (!isRead(request)) {
    throw new AppError("not_found", `Ports of projects are served at ${own}, not here.`);
  }
  const url = request.url ?? "/";
  const browser = MARKED.exec(url)?.[1];
  const query = new URLSearchParams({ to: url.replace(MARKED, "") });
  if (browser !== undefined) {
    const { accountId, credential } = identity;
    query.set("ticket", await createTicket(db, { projectId, accountId, sessionHash: credential.hash, browser }));
  }
  redirect(response, `${own}${ENTER_PATH}${query}`);
}

interface Entering {
  db: Db;
  access: Access;
  client: Client;
  config: SiteConfig;
  projectId: string;
}

/** Turns the ticket into a cookie and goes on to the path that was wanted; without one that is good for this browser, asks the app for it. */
export async function enter(
  request: HttpRequest,
  response: HttpResponse,
  { db, access, client, config, projectId }: Entering,
): Promise<void> {
  if (!isRead(request)) throw new AppError("invalid", "Projects are entered with GET or HEAD.", { status: 405 });
  const query = new URLSearchParams((request.url ?? "").slice(ENTER_PATH.length));
  const wanted = query.get("to") ?? "";
  const to = isLocalPath(wanted) ? wanted : "/";
  const ticket = query.get("ticket");
  const secure = isSecure(config, client.proto);
  const names = projectCookieNames(secure);
  const known = readCookies(request.headers.cookie)[names.mark];
  const mark = known !== undefined && isToken(known) ? known : undefined;
  if (ticket !== null && mark === undefined) return refuse(request, response);
  const redeem = (given: string) => redeemTicket(db, { ticket: given, projectId, mark: mark ?? "" });
  const value = ticket === null ? undefined : await access.onceForStranger(client.address, () => redeem(ticket));
  if (value !== undefined) return redirect(response, to, setCookie({ name: names.session, value, secure }));
  const app = appOrigin(client, config);
  if (app === undefined) {
    throw unavailable("This site does not know its own address. Whoever runs it has to set COCALC_ORIGIN.");
  }
  const given = mark ?? randomToken();
  const marked = `${to}${to.includes("?") ? "&" : "?"}cocalc-browser=${hashToken(given)}`;
  redirect(response, app + marked, setCookie({ name: names.mark, value: given, secure }));
}

const isRead = ({ method }: HttpRequest): boolean => method === "GET" || method === "HEAD";

/** Either the link was made for another browser, or this one keeps no cookies: asking for another ticket would go round in a circle. */
function refuse(request: HttpRequest, response: HttpResponse): void {
  const error = forbidden(
    "This link is not for this browser, or the browser keeps no cookies of this address. Allow them, and open the server again from the project.",
  );
  sendError(request, response, { error });
}

function redirect(response: HttpResponse, location: string, cookie?: string): void {
  response.writeHead(302, { ...NOT_KEPT, Location: location, ...(cookie !== undefined && { "Set-Cookie": cookie }) });
  response.end();
}
