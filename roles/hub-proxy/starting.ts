/** A project that is not running: what browsers and programs are told, and the form that starts it. */

import { AppError } from "../../src/core/errors.ts";
import type { Db } from "../../src/db/db.ts";
import { isStartUnderWay, latestRequest, requestStartOnce } from "../../src/domain/projects/action-request.ts";
import type { ProjectRoute, ProjectRoutes } from "../../src/domain/projects/project-routes.ts";
import type { LatestStarts } from "../../src/domain/starts/latest-start.ts";
import type { HttpRequest, HttpResponse } from "../../src/net/serve/http-message.ts";
import { escapeHtml, sendError, wantsPage } from "../../src/net/serve/plain-page.ts";
import type { Client } from "../../src/net/visitor/forwarded.ts";
import { may, whyNot } from "../../src/protocol/project-rights.ts";
import type { Admission } from "./admissions.ts";
import type { ProxyConfig } from "./config.ts";
import { appOrigin, type Origin } from "./origins.ts";
import { sendStartPage, startPath, wantedPath } from "./pages.ts";
import type { Target } from "./target.ts";

interface Wanted {
  request: HttpRequest;
  response: HttpResponse;
  client: Client;
  origin: Origin;
  target: Target;
  admission: Admission;
  config: ProxyConfig;
  db: Db;
  starts: LatestStarts;
}

/** Servers whose project is started for whoever goes to them. */
const START_THE_PROJECT = new Set(["jupyter", "jupyterlab", "code", "rserver"]);

interface Stopped extends Wanted {
  route: ProjectRoute;
  routes: ProjectRoutes;
}

/**
 * Is this somebody who wants a server that starts with its project? Pages that are still open go on asking for their data when their
 * project was stopped: that starts nothing. Nor does a project's own page in its visitor's name.
 */
function startsProject({ request, origin, target, admission: { identity, role } }: Stopped): boolean {
  if (!may(role, "control")) return false;
  if (origin.kind !== "app" || target.kind !== "named" || !START_THE_PROJECT.has(target.name)) return false;
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  return wantsPage(request) || identity.credential.kind !== "session";
}

/** Answers for a project that is not running: an offer to start it where a browser navigates, else 503 as JSON. */
export async function sendStopped(wanted: Stopped): Promise<void> {
  const { request, response, client, origin, target, config, route } = wanted;
  if (startsProject(wanted)) {
    await askForStart(wanted);
    if (wantsPage(request)) return redirect(response, startPath(config.basePath, target.projectId, request.url ?? ""));
  }
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
export async function answerStart(asking: Omit<Stopped, "route">): Promise<void> {
  const { request, response, target, config, routes } = asking;
  const { projectId } = target;
  const to = wantedPath(request.url ?? "");
  if (request.method === "POST") {
    request.resume(); // the form has no fields
    await askForStart(asking);
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

async function askForStart({ db, target: { projectId }, admission, routes }: Omit<Stopped, "route">): Promise<void> {
  await requestStartOnce(db, { projectId, accountId: admission.identity.accountId });
  routes.forget(projectId);
}

/** The page of a project that is not running, on the app's origin. */
async function sendHowItStands({
  request,
  response,
  target: { projectId },
  admission: { role },
  config: { basePath },
  db,
  starts,
  route,
  to,
}: Wanted & { route: ProjectRoute; to: string }): Promise<void> {
  const asked = await latestRequest(db, projectId);
  const start = await starts.of(projectId);
  const message = start?.message ?? asked?.err;
  const position = start?.position ?? undefined;
  const refusal = may(role, "control") ? undefined : whyNot(role, "control");
  const isAsked = isStartUnderWay(asked);
  sendStartPage(request, response, { projectId, basePath, route, to, isAsked, refusal, message, position });
}

function redirect(response: HttpResponse, location: string): void {
  response.writeHead(303, { Location: location, "Cache-Control": "no-store", "Content-Length": 0 });
  response.end();
}
