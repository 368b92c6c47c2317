/** The proxy: from a request to the project it wants, by who may, where it runs and what of it is wanted. */

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { AppError, messageOf, notFound } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import type { Logger } from "../../src/core/log.ts";
import type { Db } from "../../src/db/db.ts";
import type { Access } from "../../src/domain/access/access.ts";
import type { Identity } from "../../src/domain/access/identity.ts";
import type { Assertions } from "../../src/domain/assertions/assertions.ts";
import { record } from "../../src/domain/central-log/central-log.ts";
import type { ProjectRoutes } from "../../src/domain/projects/project-routes.ts";
import { touchProject } from "../../src/domain/projects/touch.ts";
import type { LatestStarts } from "../../src/domain/starts/latest-start.ts";
import { type ForwardOptions, forward } from "../../src/net/forward.ts";
import { forwardUpgrade } from "../../src/net/forward-upgrade.ts";
import { clientOf } from "../../src/net/forwarded.ts";
import type { HttpRequest, HttpResponse } from "../../src/net/http-message.ts";
import type { Joined } from "../../src/net/joined.ts";
import { sendError, tellable, wantsPage } from "../../src/net/plain-page.ts";
import { endUpgrade } from "../../src/net/serve.ts";
import { hostInUrl, type Upstreams } from "../../src/net/upstreams.ts";
import { ASSERTION_HEADER } from "../../src/protocol/assertion.ts";
import type { Admission } from "./admissions.ts";
import type { ProxyConfig } from "./config.ts";
import { ENTER_PATH, enter, sendToProjectOrigin } from "./entering.ts";
import { type Asked, Gate } from "./gate.ts";
import { answerStarting, NamedServers } from "./named-servers.ts";
import { OpenUpgrades } from "./open-upgrades.ts";
import { appOrigin, originOf, projectOrigin } from "./origins.ts";
import { signInLink } from "./pages.ts";
import { FILE_SANDBOX, framedBy, onAppOrigin, onProjectOrigin, WEB_SANDBOX } from "./sandbox.ts";
import { answerStart, sendStopped } from "./starting.ts";
import { type Target, targetOf } from "./target.ts";

export interface ProxyParts {
  db: Db;
  log: Logger;
  access: Access;
  routes: ProjectRoutes;
  starts: LatestStarts;
  assertions: Assertions;
  upstreams: Upstreams;
  joined: Joined;
  config: ProxyConfig;
}

/** A request that may, and the place where its project runs. */
interface Admitted {
  asked: Asked;
  target: Exclude<Target, { kind: "start" }>;
  admission: Admission;
  ip: string;
  port: number;
}

export class ProjectProxy {
  readonly #parts: ProxyParts;
  readonly #gate: Gate;
  readonly #namedServers: NamedServers;
  readonly #openUpgrades: OpenUpgrades;

  constructor(life: Life, parts: ProxyParts) {
    this.#parts = parts;
    const { access, config: site } = parts;
    this.#gate = new Gate(life, { access, site, onUse: (admission, projectId) => this.#note(admission, projectId) });
    this.#namedServers = new NamedServers(life, parts);
    this.#openUpgrades = new OpenUpgrades(site);
  }

  /** Answers a request, whatever comes. */
  handle(request: HttpRequest, response: HttpResponse): void {
    request.on("error", () => {}); // the client went away: the response's `close` tells
    this.#handle(request, response).catch((error: unknown) => this.#answer(request, response, error));
  }

  /** Answers or joins an upgrade, whatever comes. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#upgrade(request, socket, head).catch((error: unknown) => {
      const { status, message } = this.#tellable(error);
      endUpgrade(socket, status, message);
    });
  }

  /** For what is known from a moment ago nothing is awaited: the request goes on in the same breath. */
  async #handle(request: HttpRequest, response: HttpResponse): Promise<void> {
    const { config, routes } = this.#parts;
    const client = clientOf(request, config);
    const origin = originOf(client.host, config);
    if (origin.kind === "project" && request.url?.startsWith(ENTER_PATH)) {
      return enter(request, response, { ...this.#parts, client, projectId: origin.projectId });
    }
    const target = this.#target(request);
    const asked: Asked = { request, client, origin, target, isUpgrade: false };
    let admission: Admission;
    try {
      admission = this.#gate.known(asked) ?? (await this.#gate.pass(asked));
    } catch (error) {
      return this.#refuse(asked, response, error);
    }
    const { identity } = admission;
    if (target.kind === "start") return answerStart({ ...this.#parts, ...asked, identity, response });
    const route = routes.known(target.projectId) ?? (await routes.routeOf(target.projectId));
    if (route.ip === undefined) return sendStopped({ ...this.#parts, ...asked, identity, route, response });
    if (this.#isElsewhere(asked)) return this.#sendElsewhere(asked, identity, response);
    const port = this.#port(target) ?? (await this.#namedPort(asked, admission, route.ip));
    const admitted = { asked, target, admission, ip: route.ip, port };
    const extraRequest = target.kind === "server" ? await this.#assertion(admitted) : [];
    if (response.closed || request.socket.destroyed) return;
    this.#forward(response, admitted, extraRequest);
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { config, routes, joined } = this.#parts;
    const client = clientOf(request, config);
    const target = this.#target(request);
    const asked: Asked = { request, client, origin: originOf(client.host, config), target, isUpgrade: true };
    const admission = this.#gate.known(asked) ?? (await this.#gate.pass(asked));
    this.#openUpgrades.enter(socket, admission.identity.accountId, target.projectId);
    if (target.kind === "start") throw notFound("There is no WebSocket here.");
    if (this.#isElsewhere(asked)) throw notFound("Ports of projects are served on the project's own origin, not here.");
    const { ip } = await routes.routeOf(target.projectId);
    if (ip === undefined) throw new AppError("unavailable", "The project is not running; start it first.");
    const port = this.#port(target) ?? (await this.#namedPort(asked, admission, ip));
    const admitted = { asked, target, admission, ip, port };
    const extraRequest = await this.#assertion(admitted);
    if (socket.destroyed) return;
    const exchange = forwardUpgrade(request, socket, {
      ...this.#forwardOptions(admitted, extraRequest, "upgrade"),
      head,
      onError: (error) => endUpgrade(socket, error.status, this.#aboutUpstream(admitted, error).message),
      onEnd: () => {
        admission.leave(exchange);
        joined.delete(exchange);
      },
    });
    joined.add(exchange);
    admission.enter(exchange);
  }

  #forward(response: HttpResponse, admitted: Admitted, extraRequest: string[]): void {
    const { asked, admission } = admitted;
    const { request } = asked;
    const exchange = forward(request, response, {
      ...this.#forwardOptions(admitted, extraRequest, "request"),
      onError: (error) => sendError(request, response, { error: this.#aboutUpstream(admitted, error) }),
      onEnd: () => admission.leave(exchange),
    });
    admission.enter(exchange);
  }

  #target(request: HttpRequest): Target {
    const target = targetOf(request.url ?? "", this.#parts.config.basePath);
    if (target === undefined) throw notFound("There is nothing at this address.");
    return target;
  }

  /** Do this project's web servers have an origin of their own, and the path form is not offered? */
  #isElsewhere({ origin, target, client }: Asked): boolean {
    if (origin.kind === "project" || target.kind !== "web") return false;
    const { portsOnAppOrigin } = this.#parts.config;
    if (portsOnAppOrigin !== "auto") return portsOnAppOrigin === "no";
    return projectOrigin(target.projectId, client, this.#parts.config) !== undefined;
  }

  /** Sends a browser on to the project's own origin. @throws AppError `not_found` where there is none. */
  #sendElsewhere({ request, target, client }: Asked, identity: Identity, response: HttpResponse): Promise<void> {
    const { config, db } = this.#parts;
    const own = projectOrigin(target.projectId, client, config);
    if (own === undefined) {
      throw notFound(
        "Web servers of projects are not offered on this site: it has no domain for them (COCALC_PROJECT_DOMAIN).",
      );
    }
    return sendToProjectOrigin(request, response, { db, identity, projectId: target.projectId, own });
  }

  /** Undefined for a server that is reached by name: the project has to be asked. */
  #port(target: Admitted["target"]): number | undefined {
    if (target.kind === "server") return this.#parts.config.projectPort;
    return typeof target.port === "number" ? target.port : undefined;
  }

  #namedPort({ target, request, isUpgrade }: Asked, { identity, role }: Admission, ip: string): Promise<number> {
    const name = target.kind === "web" ? String(target.port) : "";
    const isPage = !isUpgrade && wantsPage(request);
    return this.#namedServers.portOf({ projectId: target.projectId, ip, name, identity, role, isPage });
  }

  /** Only the project's own server is told who is calling: a program on a port could use it in the caller's name. */
  async #assertion({ target, admission: { identity, role } }: Admitted): Promise<string[]> {
    if (target.kind !== "server") return [];
    return [ASSERTION_HEADER, await this.#parts.assertions.assertionFor(identity, target.projectId, role)];
  }

  #forwardOptions(
    { asked: { origin, client }, target, admission, ip, port }: Admitted,
    extraRequest: string[],
    use: "request" | "upgrade",
  ): Omit<ForwardOptions, "onError"> {
    const onApp = origin.kind === "app";
    const framing = target.kind === "server" ? FILE_SANDBOX : WEB_SANDBOX;
    return {
      upstream: this.#parts.upstreams.enter(target.projectId, `http://${hostInUrl(ip)}:${port}`, use),
      path: target.path,
      client,
      rewriteRequest: admission.rewriteRequest,
      extraRequest,
      rewriteResponse: onApp ? onAppOrigin : onProjectOrigin,
      extraResponse: onApp ? framing : framedBy(appOrigin(client, this.#parts.config)),
    };
  }

  #note({ identity, role }: Admission, projectId: string): void {
    const { db, log } = this.#parts;
    const { accountId } = identity;
    const noted =
      role === "admin"
        ? record(db, "admin-used-project", { account_id: accountId, project_id: projectId })
        : touchProject(db, { projectId, accountId });
    noted.catch((error: unknown) =>
      log.warn({ projectId, reason: messageOf(error) }, "use of a project was not noted"),
    );
  }

  /** In words what is wrong with the server in the pod; its place is looked up anew. */
  #aboutUpstream({ target, port, ip }: Admitted, error: AppError): AppError {
    if (error.code === "invalid") return error;
    const { projectId } = target;
    this.#parts.routes.forget(projectId);
    if (target.kind === "web") this.#namedServers.forget({ projectId, ip, name: String(target.port) });
    const what = target.kind === "web" ? `Port ${port} of the project` : "The project's own server";
    const todo =
      target.kind === "web" ? " Is your server running, and listening on 0.0.0.0?" : " Try again in a moment.";
    return new AppError(error.code, `${what} cannot be reached. ${error.message}${todo}`, {
      status: error.status,
      cause: error.cause,
      retryAfterSeconds: 2,
    });
  }

  #refuse({ request, client, origin }: Asked, response: HttpResponse, thrown: unknown): void {
    const { config } = this.#parts;
    const error = this.#tellable(thrown);
    const app = appOrigin(client, config);
    const url = request.url ?? "";
    const isStranger = error.code === "unauthenticated";
    if (isStranger && origin.kind === "app") {
      sendError(request, response, { error, more: signInLink(config.basePath, url) });
    } else if (isStranger && app !== undefined && request.method === "GET" && wantsPage(request)) {
      // Only the app's origin knows who is signed in: it sends the browser back here with a ticket.
      response.writeHead(302, { Location: app + url, "Cache-Control": "no-store", "Content-Length": 0 });
      response.end();
    } else sendError(request, response, { error });
  }

  #answer(request: HttpRequest, response: HttpResponse, thrown: unknown): void {
    const error = this.#tellable(thrown);
    if (response.headersSent) return void request.socket.destroy();
    if (!request.complete) response.setHeader("Connection", "close");
    if (!answerStarting(request, response, thrown)) sendError(request, response, { error });
  }

  #tellable(error: unknown): AppError {
    return tellable(error, () => {
      this.#parts.log.error({ err: error }, "a proxied request failed");
      return new AppError("internal", "Something went wrong here; it has been noted.");
    });
  }
}
