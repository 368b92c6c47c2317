/** What people see of hub-proxy itself: the offer to start a project, its starting, and where to sign in. Works without script. */

import { splitTarget } from "../../src/core/request-target.ts";
import type { ProjectPlace } from "../../src/domain/project-servers/whereabouts.ts";
import type { HttpRequest, HttpResponse } from "../../src/net/http-message.ts";
import { escapeHtml, sendPage } from "../../src/net/serve/plain-page.ts";

/** Where a project is started: `to` is the path that is wanted then. */
export interface StartPage {
  projectId: string;
  basePath: string;
  place: ProjectPlace;
  /** A path on this origin, or "". */
  to: string;
  /** Is there a request to start it that nobody has finished yet? */
  isAsked: boolean;
  /** Why whoever looks may not start it; undefined: they may. */
  refusal: string | undefined;
  /** What the latest start waits for or failed with, for people. */
  message: string | undefined;
  /** Its place in the queue; 1 is next. */
  position: number | undefined;
}

const UNDER_WAY = new Set(["pending", "starting", "opening", "unarchiving", "stopping", "closing", "archiving"]);
const REFRESH_SECONDS = 2;

/** The page of a project that is not running: a button that starts it, or how far it is, looked at again every two seconds. */
export function sendStartPage(request: HttpRequest, response: HttpResponse, page: StartPage): void {
  const { place, projectId, basePath, to, isAsked, refusal, message, position } = page;
  const link = `<p><a href="${escapeHtml(`${basePath}/app/projects/${projectId}`)}">Open the project</a></p>`;
  const told = message === undefined ? "" : `<p class="quiet">${escapeHtml(message)}</p>`;
  if (isAsked || UNDER_WAY.has(place.state)) {
    const title = place.state === "stopping" ? "The project is stopping" : "The project is starting";
    const inQueue = position === undefined ? "" : `<p>Its place in the queue is ${position}.</p>`;
    const body = `<p role="status">This page goes on by itself as soon as it runs.</p>${inQueue}${told}${link}`;
    sendPage(request, response, {
      status: 503,
      title,
      body,
      refreshSeconds: REFRESH_SECONDS,
      headers: { "Retry-After": "2" },
    });
    return;
  }
  const why = place.error === undefined ? "" : `<p>It last ended with: ${escapeHtml(place.error)}</p>`;
  const form =
    refusal !== undefined
      ? `<p>${escapeHtml(refusal)}</p>`
      : `<form method="post" action="${escapeHtml(startPath(basePath, projectId, to))}"><button>Start the project</button></form>`;
  const body = `<p>What you asked for is in a project that is not running.</p>${why}${told}${form}${link}`;
  sendPage(request, response, { status: 503, title: "The project is stopped", body });
}

/** The path of the page that starts a project and then goes on to `to`. */
export function startPath(basePath: string, projectId: string, to: string): string {
  return `${basePath}/${projectId}/start${to === "" ? "" : `?to=${encodeURIComponent(to)}`}`;
}

/** A path on this very origin out of `?to=`: never another host; "" when there is none. */
export function wantedPath(url: string): string {
  const to = new URLSearchParams(splitTarget(url).search).get("to");
  return to !== null && isLocalPath(to) ? to : "";
}

/** Is it a path, and nothing that a browser takes for another host? */
export function isLocalPath(path: string): boolean {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(path) && !path.includes("\\");
}

/** Under the words "not signed in". */
export function signInLink(basePath: string, to: string): string {
  const next = isLocalPath(to) ? `?next=${encodeURIComponent(to)}` : "";
  return `<p><a href="${escapeHtml(`${basePath}/auth/sign-in${next}`)}">Sign in</a></p>`;
}
