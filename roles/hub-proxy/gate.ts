/** Who may pass to a project: the one check for requests and upgrades alike, before anything of a project is looked at. */

import type { IncomingMessage } from "node:http";
import { forbidden, notFound, unauthenticated } from "../../src/core/errors.ts";
import type { Access } from "../../src/domain/access/access.ts";
import type { Identity, ProjectRole } from "../../src/domain/access/identity.ts";
import type { Client } from "../../src/net/forwarded.ts";
import { mayRequest, mayUpgrade } from "../../src/net/same-origin.ts";
import type { SiteConfig } from "../../src/net/site.ts";
import { type Brought, broughtBy } from "./credentials.ts";
import type { Origin } from "./origins.ts";
import type { Target } from "./target.ts";

/** A request that knows where it wants to go. */
export interface Asked {
  request: IncomingMessage;
  client: Client;
  /** The origin it came to. */
  origin: Origin;
  target: Target;
  isUpgrade: boolean;
}

export interface Passed {
  identity: Identity;
  role: ProjectRole;
  /** First use of the project by this account for about a minute, by a person's browser: counts as work in it. */
  counts: boolean;
  /** When the right was looked up, for whoever keeps the connection. */
  since: number;
}

/**
 * @throws AppError `not_found` where this origin has no such path, `forbidden` for another origin's page and for who is no member (a
 * project that does not exist is answered the same), `unauthenticated` for strangers.
 */
export async function pass(asked: Asked, { access, site }: { access: Access; site: SiteConfig }): Promise<Passed> {
  const { origin, target, request, client } = asked;
  if (origin.kind === "project") checkProjectPath(origin.projectId, target);
  // A script out of a pod must never stand between a browser and the app.
  else if (request.headers["service-worker"] !== undefined) throw forbidden("Service workers have no place here.");
  const brought = broughtBy(request, client, site);
  if (brought.byCookie) checkOrigin(asked, site);
  const since = access.revocations.moment();
  const identity = await identify(brought, origin, access);
  if (identity === undefined)
    throw unauthenticated("You are not signed in, or your session has ended. Sign in and try again.");
  const grant = await access.grant(identity, target.projectId);
  if (grant === undefined) {
    throw forbidden("You are no member of this project. Ask one of its owners to add you.");
  }
  const counts = grant.fresh && identity.credential.kind === "session";
  return { identity, role: grant.role, counts, since };
}

/** A project's own origin serves its web servers and its files; never what a page of it could do in a member's name. */
function checkProjectPath(projectId: string, target: Target): void {
  const isServed = target.kind === "web" || (target.kind === "server" && target.what === "raw");
  if (target.projectId !== projectId || !isServed) throw notFound("There is nothing at this address of the project.");
}

function checkOrigin({ request, client, isUpgrade }: Asked, site: SiteConfig): void {
  const scheme = site.origin === undefined ? `${client.proto}:` : new URL(site.origin).protocol;
  const own = `${scheme}//${client.host}`;
  const may = isUpgrade ? mayUpgrade(request.headers, own) : mayRequest(request.method ?? "", request.headers, own);
  if (!may) throw forbidden("This request was made by a page of another site, and is refused.");
}

function identify(brought: Brought, origin: Origin, access: Access): Promise<Identity | undefined> {
  const { session, apiKey, projectSession } = brought;
  if (origin.kind === "app") return access.identify({ session, apiKey });
  if (projectSession === undefined) return access.identify({ apiKey });
  return access.identifyOnProjectOrigin(projectSession, origin.projectId);
}
