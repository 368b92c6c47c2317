/** The proxy: from a request to the project it wants, by who may, where it runs and what of it is wanted. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { AppError, asError, isError, messageOf, notFound } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import type { Db } from "../../src/db/db.ts";
import type { Access } from "../../src/domain/access/access.ts";
import type { Assertions } from "../../src/domain/assertions/assertions.ts";
import { record } from "../../src/domain/central-log/central-log.ts";
import type { ProjectRoutes } from "../../src/domain/projects/project-routes.ts";
import { touchProject } from "../../src/domain/projects/touch.ts";
import { type Forwarding, type ForwardOptions, forward } from "../../src/net/forward.ts";
import { forwardUpgrade } from "../../src/net/forward-upgrade.ts";
import { clientOf } from "../../src/net/forwarded.ts";
import type { Joined } from "../../src/net/joined.ts";
import { sendError, tellable, wantsPage } from "../../src/net/plain-page.ts";
import { endUpgrade } from "../../src/net/serve.ts";
import type { Upstreams } from "../../src/net/upstreams.ts";
import { ASSERTION_HEADER } from "../../src/protocol/assertion.ts";
import type { ProxyConfig } from "./config.ts";
import { withoutOurs } from "./credentials.ts";
import { ENTER_PATH, enter, sendToProjectOrigin } from "./entering.ts";
import { type Asked, type Passed, pass } from "./gate.ts";
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
  assertions: Assertions;
  upstreams: Upstreams;
  joined: Joined;
  config: ProxyConfig;
}

/** A request that may, and the place where its project runs. */
interface Admitted extends Asked, Passed {
  target: Exclude<Target, { kind: "start" }>;
  /** Origin of the server in the pod. */
  upstreamOrigin: string;
  port: number;
}

export class ProjectProxy {
  readonly #parts: ProxyParts;
  readonly #rewriteRequest;

  constructor(parts: ProxyParts) {
    this.#parts = parts;
    this.#rewriteRequest = withoutOurs(parts.config.basePath);
  }

  /** Answers a request, whatever comes. */
  handle(request: IncomingMessage, response: ServerResponse): void {
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

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { access, config } = this.#parts;
    const client = clientOf(request, config);
    const origin = originOf(client.host, config);
    if (origin.kind === "project" && request.url?.startsWith(ENTER_PATH)) {
      return enter(request, response, { ...this.#parts, client, projectId: origin.projectId });
    }
    const asked: Asked = { request, client, origin, target: this.#target(request), isUpgrade: false };
    const passed = await pass(asked, { access, site: config }).catch(asError);
    if (isError(passed)) return this.#refuse(asked, response, passed);
    const { target } = asked;
    const may = passed;
    if (may.counts) this.#note(may, target.projectId);
    if (target.kind === "start") return answerStart({ ...this.#parts, ...asked, ...may, response });
    const route = await this.#parts.routes.routeOf(target.projectId);
    if (route.ip === undefined) return sendStopped({ ...this.#parts, ...asked, route, response });
    if (await this.#goesElsewhere(asked, may, response)) return;
    const admitted = this.#admit(asked, may, { target, ip: route.ip });
    const extraRequest = await this.#assertion(admitted);
    if (response.closed || request.socket.destroyed) return;
    this.#forward(request, response, { admitted, extraRequest });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { access, config, routes, joined } = this.#parts;
    const client = clientOf(request, config);
    const origin = originOf(client.host, config);
    const asked: Asked = { request, client, origin, target: this.#target(request), isUpgrade: true };
    const may = await pass(asked, { access, site: config });
    const { target } = asked;
    if (target.kind === "start") throw notFound("There is no WebSocket here.");
    if (this.#isElsewhere(asked)) throw notFound("Ports of projects are served on the project's own origin, not here.");
    if (may.counts) this.#note(may, target.projectId);
    const { ip } = await routes.routeOf(target.projectId);
    if (ip === undefined) throw new AppError("unavailable", "The project is not running; start it first.");
    const admitted = this.#admit(asked, may, { target, ip });
    const extraRequest = await this.#assertion(admitted);
    if (socket.destroyed) return;
    const options = this.#forwardOptions(admitted, extraRequest, "upgrade");
    const held = this.#hold(admitted);
    const exchange = forwardUpgrade(request, socket, {
      ...options,
      head,
      onError: (error) => endUpgrade(socket, error.status, this.#aboutUpstream(admitted, error).message),
      onEnd: () => {
        held.release();
        joined.delete(exchange);
      },
    });
    joined.add(exchange);
    held.ends(exchange);
  }

  #forward(
    request: IncomingMessage,
    response: ServerResponse,
    { admitted, extraRequest }: { admitted: Admitted; extraRequest: string[] },
  ): void {
    const options = this.#forwardOptions(admitted, extraRequest, "request");
    const held = this.#hold(admitted);
    const exchange = forward(request, response, {
      ...options,
      onError: (error) => sendError(request, response, { error: this.#aboutUpstream(admitted, error) }),
      onEnd: held.release,
    });
    held.ends(exchange);
  }

  #target(request: IncomingMessage): Target {
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
  async #goesElsewhere(asked: Asked, { identity }: Passed, response: ServerResponse): Promise<boolean> {
    if (!this.#isElsewhere(asked)) return false;
    const { request, target, client } = asked;
    const { config, db } = this.#parts;
    const own = projectOrigin(target.projectId, client, config);
    if (own === undefined) {
      throw notFound(
        "Web servers of projects are not offered on this site: it has no domain for them (COCALC_PROJECT_DOMAIN).",
      );
    }
    await sendToProjectOrigin(request, response, { db, identity, projectId: target.projectId, own });
    return true;
  }

  #admit(asked: Asked, passed: Passed, { target, ip }: { target: Admitted["target"]; ip: string }): Admitted {
    const port = this.#port(target);
    const host = ip.includes(":") ? `[${ip}]` : ip;
    return { ...asked, ...passed, target, port, upstreamOrigin: `http://${host}:${port}` };
  }

  #port(target: Admitted["target"]): number {
    const { namedServers, projectPort } = this.#parts.config;
    if (target.kind === "server") return projectPort;
    if (typeof target.port === "number") return target.port;
    const port = namedServers[target.port];
    if (port === undefined) {
      throw notFound(`There is no server named ${target.port}; known are ${Object.keys(namedServers).join(", ")}.`);
    }
    return port;
  }

  /** Only the project's own server is told who is calling: a program on a port could use it in the caller's name. */
  async #assertion({ target, identity, role }: Admitted): Promise<string[]> {
    if (target.kind !== "server") return [];
    return [ASSERTION_HEADER, await this.#parts.assertions.assertionFor(identity, target.projectId, role)];
  }

  #forwardOptions(
    { origin, target, client, upstreamOrigin, port }: Admitted,
    extraRequest: string[],
    use: "request" | "upgrade",
  ): Omit<ForwardOptions, "onError"> {
    const onApp = origin.kind === "app";
    const framing = target.kind === "server" ? FILE_SANDBOX : WEB_SANDBOX;
    return {
      upstream: this.#parts.upstreams.enter(`${target.projectId} ${port}`, upstreamOrigin, use),
      path: target.path,
      client,
      rewriteRequest: this.#rewriteRequest,
      extraRequest,
      rewriteResponse: onApp ? onAppOrigin : onProjectOrigin,
      extraResponse: onApp ? framing : framedBy(appOrigin(client, this.#parts.config)),
    };
  }

  /** Keeps an exchange among those that end when the right to it does. */
  #hold({ identity, target, since }: Admitted) {
    let exchange: Forwarding | undefined;
    const release = this.#parts.access.revocations.register({
      identity,
      projectId: target.projectId,
      since,
      end: () => exchange?.end(),
    });
    return {
      release,
      ends(held: Forwarding) {
        exchange = held;
      },
    };
  }

  #note({ identity, role }: Passed, projectId: string): void {
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
    this.#parts.routes.forget(target.projectId);
    const what = target.kind === "web" ? `Port ${port} of the project` : "The project's own server";
    const todo =
      target.kind === "web" ? " Is your server running, and listening on 0.0.0.0?" : " Try again in a moment.";
    return new AppError(error.code, `${what} cannot be reached. ${error.message}${todo}`, {
      status: error.status,
      cause: error.cause,
      retryAfterSeconds: 2,
    });
  }

  #refuse({ request, client, origin }: Asked, response: ServerResponse, cause: Error): void {
    const { config } = this.#parts;
    const error = this.#tellable(cause);
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

  #answer(request: IncomingMessage, response: ServerResponse, thrown: unknown): void {
    const error = this.#tellable(thrown);
    if (response.headersSent) return void request.socket.destroy();
    if (!request.complete) response.setHeader("Connection", "close");
    sendError(request, response, { error });
  }

  #tellable(error: unknown): AppError {
    return tellable(error, () => {
      this.#parts.log.error({ err: error }, "a proxied request failed");
      return new AppError("internal", "Something went wrong here; it has been noted.");
    });
  }
}
