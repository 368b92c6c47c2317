/** Who may pass to a project: the one check for requests and upgrades alike, before anything of a project is looked at. */

import { forbidden, notFound, unauthenticated } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import { Recently } from "../../src/core/recently.ts";
import type { Access } from "../../src/domain/access/access.ts";
import type { Identity } from "../../src/domain/access/identity.ts";
import { hashToken } from "../../src/domain/access/tokens.ts";
import type { HttpRequest } from "../../src/net/serve/http-message.ts";
import type { Client } from "../../src/net/visitor/forwarded.ts";
import { mayRequest, mayUpgrade } from "../../src/net/visitor/same-origin.ts";
import { type SiteConfig, schemeOf } from "../../src/net/visitor/site.ts";
import type { ProjectNeed } from "../../src/protocol/project-rights.ts";
import { type Admission, Admissions } from "./admissions.ts";
import { type Brought, broughtBy, withoutOurs } from "./credentials.ts";
import type { Origin } from "./origins.ts";
import { isUsedAsCode } from "./sandbox.ts";
import type { Target } from "./target.ts";

/** A request that knows where it wants to go. */
export interface Asked {
  request: HttpRequest;
  client: Client;
  /** The origin it came to. */
  origin: Origin;
  target: Target;
  isUpgrade: boolean;
}

/** Told of the first use of a project by somebody for about a minute, by a person's browser: it counts as work in it. */
type OnUse = (accountId: string, projectId: string) => void;

export class Gate {
  readonly #access: Access;
  readonly #site: SiteConfig;
  readonly #admissions: Admissions;
  /** Who used a project for about a minute, by account and project. */
  readonly #used = new Recently({ ttlMs: 60_000, max: 20_000 });
  readonly #onUse: OnUse;

  constructor(life: Life, { access, site, onUse }: { access: Access; site: SiteConfig; onUse: OnUse }) {
    this.#access = access;
    this.#site = site;
    this.#admissions = new Admissions(life, access.revocations);
    this.#onUse = onUse;
  }

  /**
   * The right with which a request passes: at once, where one like it passed a moment ago.
   * @throws AppError `not_found` where this origin has no such path, `forbidden` for another origin's page and for who may not (a
   * project that does not exist is answered the same), `unauthenticated` for strangers.
   */
  admit(asked: Asked): Admission | Promise<Admission> {
    checkPath(asked);
    const admission = this.#admissions.known(keyOf(asked));
    if (admission === undefined) return this.#lookUp(asked);
    if (admission.byCookie) checkOrigin(asked, this.#site);
    return admission;
  }

  async #lookUp(asked: Asked): Promise<Admission> {
    const { origin, request, client } = asked;
    const { projectId } = asked.target;
    const brought = broughtBy(request, client, this.#site);
    if (brought.byCookie) checkOrigin(asked, this.#site);
    const since = this.#access.revocations.moment();
    const identity = await identify(brought, origin, this.#access);
    if (identity === undefined) {
      throw unauthenticated("You are not signed in, or your session has ended. Sign in and try again.");
    }
    const role = await this.#access.authorise(identity, projectId, needOf(asked));
    const rewriteRequest = withoutOurs(this.#site.basePath, request.headers.cookie);
    const right = { identity, role, projectId, byCookie: brought.byCookie, rewriteRequest, since };
    const admission = this.#admissions.admit(keyOf(asked), right);
    const isPerson = identity.credential.kind === "session";
    if (isPerson && this.#used.add(`${identity.accountId} ${projectId}`)) this.#onUse(identity.accountId, projectId);
    return admission;
  }
}

const MAX_KEY = 1_000;

/** What of the project's rights a request is for. Of the project's own server any of its requests may be: it looks at each by the role. */
function needOf({ request, target }: Asked): ProjectNeed {
  if (target.kind === "start") return request.method === "POST" ? "control" : "see";
  return target.kind === "server" ? "read" : "run";
}

/** All that a right is found by. */
function keyOf(asked: Asked): string {
  const { request, client, origin, target } = asked;
  const { cookie = "", authorization = "" } = request.headers;
  const kind = origin.kind === "app" ? "app" : "own";
  const key = `${kind} ${client.proto} ${target.projectId} ${needOf(asked)}\n${cookie}\n${authorization}`;
  return key.length <= MAX_KEY ? key : hashToken(key);
}

function checkPath({ origin, target, request }: Asked): void {
  if (origin.kind === "project") checkProjectPath(origin.projectId, target);
  // A script out of a pod must never stand between a browser and the app.
  else if (request.headers["service-worker"] !== undefined) throw forbidden("Service workers have no place here.");
  else if (isUsedAsCode(request.headers["sec-fetch-dest"]))
    throw forbidden("What comes from a project is never run in the name of this site.");
}

/** A project's own origin serves its web servers and its files; never what a page of it could do in a member's name. */
function checkProjectPath(projectId: string, target: Target): void {
  const isServed =
    target.kind === "web" || target.kind === "named" || (target.kind === "server" && target.what === "raw");
  if (target.projectId !== projectId || !isServed) throw notFound("There is nothing at this address of the project.");
}

function checkOrigin({ request, client, isUpgrade }: Asked, site: SiteConfig): void {
  const own = `${schemeOf(site, client.proto)}://${client.host}`;
  const may = isUpgrade ? mayUpgrade(request.headers, own) : mayRequest(request.method ?? "", request.headers, own);
  if (!may) throw forbidden("This request was made by a page of another site, and is refused.");
}

function identify(brought: Brought, origin: Origin, access: Access): Promise<Identity | undefined> {
  const { session, apiKey, projectSession } = brought;
  if (origin.kind === "app") return access.identify({ session, apiKey });
  if (projectSession === undefined) return access.identify({ apiKey });
  return access.identifyOnProjectOrigin(projectSession, origin.projectId);
}
