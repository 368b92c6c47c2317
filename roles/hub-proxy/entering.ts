/** From the app's origin to a project's own: a one-time ticket in one redirect, and there a cookie for that project alone. */

import { AppError, forbidden } from "../../src/core/errors.ts";
import type { Db } from "../../src/db/db.ts";
import type { Identity } from "../../src/domain/access/identity.ts";
import { createTicket, redeemTicket } from "../../src/domain/access/project-origins.ts";
import { isSecure, projectCookieName, setCookie } from "../../src/net/cookies.ts";
import type { Client } from "../../src/net/forwarded.ts";
import type { HttpRequest, HttpResponse } from "../../src/net/http-message.ts";
import { sendError } from "../../src/net/plain-page.ts";
import type { SiteConfig } from "../../src/net/site.ts";
import { isLocalPath } from "./pages.ts";

/** Path of every project's origin where a ticket is used; no project's path begins so. */
export const ENTER_PATH = "/.cocalc/enter?";

const NOT_KEPT = { "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Length": "0" };

interface Leaving {
  db: Db;
  identity: Identity;
  projectId: string;
  /** The project's own origin. */
  own: string;
}

/** Redirects a browser to the same path on the project's own origin, by way of a ticket. @throws AppError `forbidden` for API keys. */
export async function sendToProjectOrigin(
  request: HttpRequest,
  response: HttpResponse,
  { db, identity, projectId, own }: Leaving,
): Promise<void> {
  if (identity.credential.kind !== "session") {
    throw forbidden(`Ports of projects have an origin of their own: send the API key to ${own} instead.`);
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw new AppError("not_found", `Ports of projects are served at ${own}, not here.`);
  }
  const sessionHash = identity.credential.hash;
  const ticket = await createTicket(db, { projectId, accountId: identity.accountId, sessionHash });
  const query = new URLSearchParams({ ticket, to: request.url ?? "/" });
  response.writeHead(302, { ...NOT_KEPT, Location: `${own}${ENTER_PATH}${query}` });
  response.end();
}

interface Entering {
  db: Db;
  client: Client;
  config: SiteConfig;
  projectId: string;
}

/** Turns the ticket into a cookie and goes on to the path that was wanted. */
export async function enter(
  request: HttpRequest,
  response: HttpResponse,
  { db, client, config, projectId }: Entering,
): Promise<void> {
  const query = new URLSearchParams((request.url ?? "").slice(ENTER_PATH.length));
  const to = query.get("to") ?? "/";
  const value =
    request.method === "GET" ? await redeemTicket(db, { ticket: query.get("ticket") ?? "", projectId }) : undefined;
  if (value === undefined) {
    const error = forbidden("This link was used already or is too old. Open the server again from the project.");
    return sendError(request, response, { error });
  }
  const secure = isSecure(config, client.proto);
  const cookie = setCookie({ name: projectCookieName(secure), value, secure });
  response.writeHead(303, { ...NOT_KEPT, Location: isLocalPath(to) ? to : "/", "Set-Cookie": cookie });
  response.end();
}
