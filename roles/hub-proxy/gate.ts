/** Who may pass to a project: the one check for requests and upgrades alike, before anything of a project is looked at. */

import { forbidden, notFound, unauthenticated } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import { Recently } from "../../src/core/recently.ts";
import type { Access } from "../../src/domain/access/access.ts";
import type { Identity } from "../../src/domain/access/identity.ts";
import { hashToken } from "../../src/domain/access/tokens.ts";
import { mayRequest, mayUpgrade } from "../../src/net/visitor/same-origin.ts";
import { type SiteConfig, schemeOf } from "../../src/net/visitor/site.ts";
import type { ProjectNeed } from "../../src/protocol/project-rights.ts";
import { credentialsOf, type VisitorCredentials, withoutOurs } from "./credentials.ts";
import { KnownRights, type Right } from "./rights.ts";
import { isUsedAsCode } from "./sandbox.ts";
import type { Target } from "./target.ts";
import type { Visit } from "./visit.ts";

/** Told of the first use of a project by somebody for about a minute, by a person's browser: it counts as work in it. */
type OnUse = (accountId: string, projectId: string) => void;

export class Gate {
  readonly #access: Access;
  readonly #site: SiteConfig;
  readonly #known: KnownRights;
  /** Who used a project for about a minute, by account and project. */
  readonly #used = new Recently({ ttlMs: 60_000, max: 20_000 });
  readonly #onUse: OnUse;

  constructor(life: Life, { access, site, onUse }: { access: Access; site: SiteConfig; onUse: OnUse }) {
    this.#access = access;
    this.#site = site;
    this.#known = new KnownRights(life, access.revocations);
    this.#onUse = onUse;
  }

  /**
   * The right by which a visit may go on: at once, where one like it did a moment ago.
   * @throws AppError `not_found` where this origin has no such path, `forbidden` for another origin's page and for who may not (a
   * project that does not exist is answered the same), `unauthenticated` for strangers.
   */
  rightOf(visit: Visit): Right | Promise<Right> {
    checkPath(visit);
    const right = this.#known.find(keyOf(visit));
    if (right === undefined) return this.#lookUp(visit);
    if (right.byCookie) checkOrigin(visit, this.#site);
    return right;
  }

  async #lookUp(visit: Visit): Promise<Right> {
    const { onOriginOf, request, client } = visit;
    const { projectId } = visit.target;
    const credentials = credentialsOf(request, client, this.#site);
    const { byCookie } = credentials;
    if (byCookie) checkOrigin(visit, this.#site);
    const since = this.#access.revocations.moment();
    const identity = await identify(credentials, { onOriginOf, client }, this.#access);
    if (identity === undefined) {
      throw unauthenticated("You are not signed in, or your session has ended. Sign in and try again.");
    }
    const role = await this.#access.authorise(identity, projectId, needOf(visit));
    const rewriteRequest = withoutOurs(this.#site.basePath, request.headers.cookie);
    const right = this.#known.keep(keyOf(visit), { identity, role, projectId, byCookie, rewriteRequest, since });
    const isPerson = identity.credential.kind === "session";
    if (isPerson && this.#used.add(`${identity.accountId} ${projectId}`)) this.#onUse(identity.accountId, projectId);
    return right;
  }
}

const MAX_KEY = 1_000;

/** What of the project's rights a request is for. Of the project's own server any of its requests may be: it looks at each by the role. */
function needOf({ request, target }: Visit): ProjectNeed {
  if (target.kind === "start") return request.method === "POST" ? "control" : "see";
  return target.kind === "server" ? "read" : "run";
}

/** All that a right is found by. */
function keyOf(visit: Visit): string {
  const { request, client, onOriginOf, target } = visit;
  const { cookie = "", authorization = "" } = request.headers;
  const kind = onOriginOf === undefined ? "app" : "own";
  const key = `${kind} ${client.proto} ${target.projectId} ${needOf(visit)}\n${cookie}\n${authorization}`;
  return key.length <= MAX_KEY ? key : hashToken(key);
}

function checkPath({ onOriginOf, target, request }: Visit): void {
  if (onOriginOf !== undefined) checkProjectPath(onOriginOf, target);
  // A script out of a pod must never stand between a browser and the app.
  else if (request.headers["service-worker"] !== undefined)
    throw forbidden(
      "A service worker cannot come from a project here; let the page register it on the project's own address.",
    );
  else if (isUsedAsCode(request.headers["sec-fetch-dest"]))
    throw forbidden(
      "What comes from a project is never run in the name of this site; load it from the project's own address.",
    );
}

/** A project's own origin serves its web servers and its files; never what a page of it could do in a member's name. */
function checkProjectPath(projectId: string, target: Target): void {
  const isServed =
    target.kind === "web" || target.kind === "named" || (target.kind === "server" && target.what === "raw");
  if (target.projectId !== projectId || !isServed) throw notFound("There is nothing at this address of the project.");
}

function checkOrigin({ request, client, isUpgrade }: Visit, site: SiteConfig): void {
  const own = `${schemeOf(site, client.proto)}://${client.host}`;
  const may = isUpgrade ? mayUpgrade(request.headers, own) : mayRequest(request.method ?? "", request.headers, own);
  if (!may)
    throw forbidden(
      "This request was made by a page of another site, and is refused; make it from a page of this one.",
    );
}

function identify(
  { session, apiKey, projectSession }: VisitorCredentials,
  { onOriginOf, client }: Pick<Visit, "onOriginOf" | "client">,
  access: Access,
): Promise<Identity | undefined> {
  if (onOriginOf === undefined) return access.identify({ session, apiKey }, client.address);
  if (projectSession === undefined) return access.identify({ apiKey }, client.address);
  return access.identifyOnProjectOrigin(projectSession, onOriginOf, client.address);
}
