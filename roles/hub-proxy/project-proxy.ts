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
import { dropRest } from "../../src/net/drop-rest.ts";
import { type ForwardOptions, forward, hasBody, isRefused } from "../../src/net/forward.ts";
import type { RewriteHeader } from "../../src/net/forward-headers.ts";
import { forwardUpgrade } from "../../src/net/forward-upgrade.ts";
import { type Client, clientOf } from "../../src/net/forwarded.ts";
import type { HttpRequest, HttpResponse } from "../../src/net/http-message.ts";
import type { Joined } from "../../src/net/joined.ts";
import { sendError, tellable, wantsPage } from "../../src/net/plain-page.ts";
import { visitorsLocation } from "../../src/net/redirects.ts";
import { endUpgrade } from "../../src/net/serve.ts";
import { hostInUrl, type Upstreams } from "../../src/net/upstreams.ts";
import { ASSERTION_HEADER } from "../../src/protocol/assertion.ts";
import type { Admission } from "./admissions.ts";
import type { ProxyConfig } from "./config.ts";
import { ENTER_PATH, enter, sendToProjectOrigin } from "./entering.ts";
import { type Asked, Gate } from "./gate.ts";
import { InsidePorts } from "./inside-ports.ts";
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
  readonly #inside = new InsidePorts();
  readonly #openUpgrades: OpenUpgrades;

  constructor(life: Life, parts: ProxyParts) {
    this.#parts = parts;
    const { access, config: site } = parts;
    this.#gate = new Gate(life, { access, site, onUse: (admission, projectId) => this.#note(admission, projectId) });
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
    if (this.#isElsewhere(asked, identity)) return this.#sendElsewhere(asked, identity, response);
    const admitted = this.#admit(asked, { target, admission, ip: route.ip });
    const extraRequest = admitted.target.kind === "web" ? [] : await this.#assertion(admitted);
    if (response.closed || request.socket.destroyed) return;
    this.#forward(response, admitted, extraRequest);
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { config, routes } = this.#parts;
    const client = clientOf(request, config);
    const target = this.#target(request);
    const asked: Asked = { request, client, origin: originOf(client.host, config), target, isUpgrade: true };
    const admission = this.#gate.known(asked) ?? (await this.#gate.pass(asked));
    this.#openUpgrades.enter(socket, admission.identity.accountId, target.projectId);
    if (target.kind === "start") throw notFound("There is no WebSocket here.");
    if (this.#isElsewhere(asked, admission.identity))
      throw notFound("Ports of projects are served on the project's own origin, not here.");
    const { ip } = await routes.routeOf(target.projectId);
    if (ip === undefined) throw new AppError("unavailable", "The project is not running; start it first.");
    await this.#join(this.#admit(asked, { target, admission, ip }), request, socket, head);
  }

  async #join(admitted: Admitted, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { admission } = admitted;
    const { joined } = this.#parts;
    const extraRequest = await this.#assertion(admitted);
    if (socket.destroyed) return;
    const fail = (error: AppError) => endUpgrade(socket, error.status, error.message);
    const exchange = forwardUpgrade(request, socket, {
      ...this.#forwardOptions(admitted, extraRequest, "upgrade"),
      head,
      onError: (error) => {
        const inside = this.#insteadInside(admitted, error);
        if (inside === undefined) fail(this.#aboutUpstream(admitted, error));
        else this.#join(inside, request, socket, head).catch((thrown: unknown) => fail(this.#tellable(thrown)));
      },
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
      onError: (error) => {
        const inside = this.#insteadInside(admitted, error);
        const again = inside === undefined || hasBody(request) ? undefined : inside; // a body was read already
        if (again === undefined) sendError(request, response, { error: this.#aboutUpstream(admitted, error) });
        else this.#forwardInside(response, again).catch((thrown: unknown) => this.#answer(request, response, thrown));
      },
      onEnd: () => admission.leave(exchange),
    });
    admission.enter(exchange);
  }

  async #forwardInside(response: HttpResponse, inside: Admitted): Promise<void> {
    const extraRequest = await this.#assertion(inside);
    if (!response.closed) this.#forward(response, inside, extraRequest);
  }

  /** Only what people run on a port of their own is reached past the project's own server, unless nothing listened there a moment ago. */
  #admit(asked: Asked, admitted: Pick<Admitted, "target" | "admission" | "ip">): Admitted {
    const { target } = admitted;
    if (target.kind !== "web") return { asked, ...admitted, port: this.#parts.config.projectPort };
    const direct = { asked, ...admitted, port: target.port };
    return this.#inside.has(target.projectId, target.port) ? this.#throughProject(direct, target) : direct;
  }

  /** A server may listen for its own machine alone: then the project's own server asks it. */
  #insteadInside(admitted: Admitted, error: AppError): Admitted | undefined {
    const { target } = admitted;
    if (target.kind !== "web" || !isRefused(error)) return undefined;
    this.#inside.add(target.projectId, target.port);
    return this.#throughProject(admitted, target);
  }

  #throughProject(admitted: Admitted, { projectId, port }: { projectId: string; port: number }): Admitted {
    const target = { kind: "named" as const, projectId, name: String(port), path: admitted.asked.request.url ?? "/" };
    return { ...admitted, target, port: this.#parts.config.projectPort };
  }

  #target(request: HttpRequest): Target {
    const target = targetOf(request.url ?? "", this.#parts.config.basePath);
    if (target === undefined) throw notFound("There is nothing at this address.");
    return target;
  }

  /** Do this project's web servers have an origin of their own, and the path form is not offered? */
  #isElsewhere({ origin, target, client }: Asked, { credential }: Identity): boolean {
    if (origin.kind === "project" || (target.kind !== "web" && target.kind !== "named")) return false;
    const { portsOnAppOrigin } = this.#parts.config;
    if (portsOnAppOrigin !== "auto") return portsOnAppOrigin === "no";
    if (target.kind === "named" && credential.kind === "session") return true; // a sandboxed page may not load its parts
    return projectOrigin(target.projectId, client, this.#parts.config) !== undefined;
  }

  /** Sends a browser on to the project's own origin. @throws AppError `not_found` where there is none. */
  #sendElsewhere({ request, target, client }: Asked, identity: Identity, response: HttpResponse): Promise<void> {
    const { config, db } = this.#parts;
    const own = projectOrigin(target.projectId, client, config);
    if (own === undefined) {
      throw notFound(
        "This server needs an origin of the project's own, and this site has no domain for that. Its administrator has to set COCALC_PROJECT_DOMAIN.",
      );
    }
    return sendToProjectOrigin(request, response, { db, identity, projectId: target.projectId, own });
  }

  /** Only the project's own server is told who is calling: a program on a port could use it in the caller's name. */
  async #assertion({ target, admission: { identity, role } }: Admitted): Promise<string[]> {
    if (target.kind === "web") return [];
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
      upstream: this.#parts.upstreams.enter(target.projectId, upstreamOrigin(target, ip, port), use),
      path: target.path,
      client,
      rewriteRequest: admission.rewriteRequest,
      extraRequest,
      rewriteResponse: this.#rewriteResponse(target, client, onApp ? onAppOrigin : onProjectOrigin),
      extraResponse: onApp ? framing : framedBy(appOrigin(client, this.#parts.config)),
    };
  }

  #rewriteResponse(target: Admitted["target"], client: Client, rewrite: RewriteHeader): RewriteHeader {
    if (target.kind !== "web") return rewrite;
    const { projectId, prefix, port } = target;
    const redirecting = { client, base: `${this.#parts.config.basePath}/${projectId}`, prefix, port };
    return (name, value) => rewrite(name, name === "location" ? visitorsLocation(value, redirecting) : value);
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
  #aboutUpstream({ target, port }: Admitted, error: AppError): AppError {
    if (error.code === "invalid") return error;
    const { projectId } = target;
    this.#parts.routes.forget(projectId);
    const what = target.kind === "web" ? `Port ${port} of the project` : "The project's own server";
    const isSilent = target.kind === "web" && error.status === 502 && !isRefused(error);
    const todo = isSilent ? " If it speaks HTTPS only, let it speak HTTP: this site does the rest." : "";
    return new AppError(error.code, `${what} cannot be reached. ${error.message} Try again in a moment.${todo}`, {
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
    sendError(request, response, { error });
    dropRest(request);
  }

  #tellable(error: unknown): AppError {
    return tellable(error, () => {
      this.#parts.log.error({ err: error }, "a proxied request failed");
      return new AppError("internal", "Something went wrong here; it has been noted.");
    });
  }
}

/** A server with a name that hangs must not keep the project's own from being asked, though both are asked at one port. */
function upstreamOrigin(target: Admitted["target"], ip: string, port: number): string {
  return `http://${hostInUrl(ip)}:${port}${target.kind === "named" ? `/${target.name}` : ""}`;
}
