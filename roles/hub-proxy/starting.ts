/** A project that is not running: what browsers and programs are told, and the form that starts it. */

import { AppError } from "../../src/core/errors.ts";
import type { Db } from "../../src/db/db.ts";
import type { ProjectPlace, Whereabouts } from "../../src/domain/project-servers/whereabouts.ts";
import { isStartUnderWay, latestRequest, requestStartOnce } from "../../src/domain/projects/action-request.ts";
import type { LatestStarts } from "../../src/domain/starts/latest-start.ts";
import type { HttpResponse } from "../../src/net/http-message.ts";
import { escapeHtml, sendError, wantsPage } from "../../src/net/serve/plain-page.ts";
import { may, whyNot } from "../../src/protocol/project-rights.ts";
import type { ProxyConfig } from "./config.ts";
import { appOrigin } from "./origins.ts";
import { sendStartPage, startPath, wantedPath } from "./pages.ts";
import type { Right } from "./rights.ts";
import type { Visit } from "./visit.ts";

/** A visit to a project that may not be running, and what it is answered by. */
interface Waiting {
  visit: Visit;
  right: Right;
  response: HttpResponse;
  config: ProxyConfig;
  db: Db;
  whereabouts: Whereabouts;
  starts: LatestStarts;
}

/** The same, where it is known how the project stands. */
interface Stopped extends Waiting {
  place: ProjectPlace;
}

/** Servers whose project is started for whoever goes to them. */
const START_THE_PROJECT = new Set(["jupyter", "jupyterlab", "code", "rserver"]);

/**
 * Is this somebody who wants a server that starts with its project? Pages that are still open go on asking for their data when their
 * project was stopped: that starts nothing. Nor does a project's own page in its visitor's name.
 */
function startsProject({ visit: { request, onOriginOf, target }, right: { identity, role } }: Waiting): boolean {
  if (!may(role, "control")) return false;
  if (onOriginOf !== undefined || target.kind !== "named" || !START_THE_PROJECT.has(target.name)) return false;
  if (request.method !== "GET" && request.method !== "HEAD") return false;
  return wantsPage(request) || identity.credential.kind !== "session";
}

/** Answers for a project that is not running: an offer to start it where a browser navigates, else 503 as JSON. */
export async function sendStopped(stopped: Stopped): Promise<void> {
  const { visit, response, config, place } = stopped;
  const { request, client, onOriginOf, target } = visit;
  if (startsProject(stopped)) {
    await askForStart(stopped);
    if (wantsPage(request)) return redirect(response, startPath(config.basePath, target.projectId, request.url ?? ""));
  }
  const error = new AppError("unavailable", `The project is not running (${place.state}). Start it and try again.`, {
    retryAfterSeconds: 5,
  });
  if (!wantsPage(request)) return sendError(request, response, { error });
  const app = appOrigin(client, config);
  if (onOriginOf === undefined) return sendHowItStands(stopped, request.url ?? "");
  // A project's own page may not start it in the visitor's name: that is asked on the app's origin.
  const path = startPath(config.basePath, target.projectId, request.url ?? "");
  const more = app === undefined ? "" : `<p><a href="${escapeHtml(app + path)}">Start the project</a></p>`;
  sendError(request, response, { error, more });
}

/** `/<project_id>/start`: GET shows how it stands and goes on when it runs, POST asks for the start. */
export async function answerStart(waiting: Waiting): Promise<void> {
  const { visit, response, config, whereabouts } = waiting;
  const { request } = visit;
  const { projectId } = visit.target;
  const to = wantedPath(request.url ?? "");
  if (request.method === "POST") {
    await askForStart(waiting);
    return redirect(response, startPath(config.basePath, projectId, to));
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw new AppError("invalid", "Use POST to start the project.", { status: 405 });
  }
  const place = await whereabouts.of(projectId);
  if (place.ip !== undefined) {
    return redirect(response, to === "" ? `${config.basePath}/app/projects/${projectId}` : to);
  }
  await sendHowItStands({ ...waiting, place }, to);
}

async function askForStart({ db, visit, right, whereabouts }: Waiting): Promise<void> {
  const { projectId } = visit.target;
  await requestStartOnce(db, { projectId, accountId: right.identity.accountId });
  whereabouts.forget(projectId);
}

/** The page of a project that is not running, on the app's origin. */
async function sendHowItStands({ visit, right, response, config, db, starts, place }: Stopped, to: string) {
  const { projectId } = visit.target;
  const { basePath } = config;
  const asked = await latestRequest(db, projectId);
  const start = await starts.of(projectId);
  const message = start?.message ?? asked?.err;
  const position = start?.position ?? undefined;
  const refusal = may(right.role, "control") ? undefined : whyNot(right.role, "control");
  const isAsked = isStartUnderWay(asked);
  sendStartPage(visit.request, response, { projectId, basePath, place, to, isAsked, refusal, message, position });
}

function redirect(response: HttpResponse, location: string): void {
  response.writeHead(303, { Location: location, "Cache-Control": "no-store", "Content-Length": 0 });
  response.end();
}
