/** A project that is not running: what browsers and programs are told, and the form that starts it. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError } from "../../src/core/errors.ts";
import type { Db } from "../../src/db/db.ts";
import type { Identity } from "../../src/domain/access/identity.ts";
import { requestAction } from "../../src/domain/projects/action-request.ts";
import type { ProjectRoute, ProjectRoutes } from "../../src/domain/projects/project-routes.ts";
import { latestStart } from "../../src/domain/starts/latest-start.ts";
import type { Client } from "../../src/net/forwarded.ts";
import { escapeHtml, sendError, wantsPage } from "../../src/net/plain-page.ts";
import { type ActionRequest, actionRequest } from "../../src/protocol/project.ts";
import type { ProxyConfig } from "./config.ts";
import { appOrigin, type Origin } from "./origins.ts";
import { sendStartPage, startPath, wantedPath } from "./pages.ts";
import type { Target } from "./target.ts";

interface Wanted {
  request: IncomingMessage;
  response: ServerResponse;
  client: Client;
  origin: Origin;
  target: Target;
  config: ProxyConfig;
  db: Db;
}

/** Answers for a project that is not running: an offer to start it where a browser navigates, else 503 as JSON. */
export async function sendStopped(wanted: Wanted & { route: ProjectRoute }): Promise<void> {
  const { request, response, client, origin, target, config, route } = wanted;
  const error = new AppError("unavailable", `The project is not running (${route.state}). Start it and try again.`, {
    retryAfterSeconds: 5,
  });
  if (!wantsPage(request)) return sendError(request, response, { error });
  const app = appOrigin(client, config);
  if (origin.kind === "app") {
    return sendHowItStands({ ...wanted, to: request.url ?? "" });
  }
  // A project's own page may not start it in the visitor's name: that is asked on the app's origin.
  const path = startPath(config.basePath, target.projectId, request.url ?? "");
  const more = app === undefined ? "" : `<p><a href="${escapeHtml(app + path)}">Start the project</a></p>`;
  sendError(request, response, { error, more });
}

/** `/<project_id>/start`: GET shows how it stands and goes on when it runs, POST asks for the start. */
export async function answerStart(asking: Wanted & { identity: Identity; routes: ProjectRoutes }): Promise<void> {
  const { request, response, target, config, db, identity, routes } = asking;
  const { projectId } = target;
  const to = wantedPath(request.url ?? "");
  if (request.method === "POST") {
    request.resume(); // the form has no fields
    await requestAction(db, { projectId, action: "start", accountId: identity.accountId });
    routes.forget(projectId);
    return redirect(response, startPath(config.basePath, projectId, to));
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw new AppError("invalid", "Use POST to start the project.", { status: 405 });
  }
  const route = await routes.routeOf(projectId);
  if (route.ip !== undefined) {
    return redirect(response, to === "" ? `${config.basePath}/app/projects/${projectId}` : to);
  }
  await sendHowItStands({ ...asking, route, to });
}

/** The page of a project that is not running, on the app's origin. */
async function sendHowItStands({
  request,
  response,
  target: { projectId },
  config: { basePath },
  db,
  route,
  to,
}: Wanted & { route: ProjectRoute; to: string }): Promise<void> {
  const asked = await latestRequest(db, projectId);
  const isAsked = (asked?.action === "start" || asked?.action === "restart") && asked.finished === undefined;
  const start = await latestStart(db, projectId);
  const message = start?.message ?? asked?.err;
  const position = start?.position ?? undefined;
  sendStartPage(request, response, { projectId, basePath, route, to, isAsked, message, position });
}

async function latestRequest(db: Db, projectId: string): Promise<ActionRequest | undefined> {
  const [row] = await db.query<{ action_request: unknown }>(
    "SELECT action_request FROM projects WHERE project_id = $1",
    [projectId],
  );
  return actionRequest.safeParse(row?.action_request).data;
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { Location: location, "Cache-Control": "no-store", "Content-Length": 0 });
  response.end();
}
