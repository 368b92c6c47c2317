/** Passes on to a project what may: to its own server, or to what its people run on a port of theirs. */

import type { Duplex } from "node:stream";
import { AppError } from "../../src/core/errors.ts";
import { hostInUrl } from "../../src/core/host-in-url.ts";
import { Recently } from "../../src/core/recently.ts";
import type { Assertions } from "../../src/domain/project-servers/assertions.ts";
import type { Whereabouts } from "../../src/domain/project-servers/whereabouts.ts";
import type { HttpResponse } from "../../src/net/http-message.ts";
import { type ForwardOptions, forward } from "../../src/net/proxy/forward.ts";
import type { RewriteHeader } from "../../src/net/proxy/forward-headers.ts";
import { forwardUpgrade } from "../../src/net/proxy/forward-upgrade.ts";
import { isRefused } from "../../src/net/proxy/gateway-errors.ts";
import { visitorsLocation } from "../../src/net/proxy/redirects.ts";
import type { Upstreams } from "../../src/net/proxy/upstreams.ts";
import { endUpgrade } from "../../src/net/serve/last-words.ts";
import { sendError } from "../../src/net/serve/plain-page.ts";
import { ASSERTION_HEADER } from "../../src/protocol/assertion.ts";
import type { DoneInProject } from "../../src/protocol/done-in-project.ts";
import type { ProxyConfig } from "./config.ts";
import { noticingDone } from "./done-in-project.ts";
import type { DoneByVisitor } from "./done-log.ts";
import { appOrigin } from "./origins.ts";
import { FILE_SANDBOX, framedBy, onAppOrigin, onProjectOrigin, WEB_SANDBOX } from "./sandbox.ts";
import type { RoutedVisit } from "./visit.ts";

export interface PassingParts {
  whereabouts: Whereabouts;
  assertions: Assertions;
  upstreams: Upstreams;
  config: ProxyConfig;
  /** A project's server says that a request did something that its log tells of. */
  onDone: (what: DoneByVisitor) => void;
}

/** A visit that may, of which it is still to be said to which port it goes. */
type Unrouted = Omit<RoutedVisit, "port">;

/** Answers what is thrown after the call that passed something on. */
type Fail = (thrown: unknown) => void;

export class PassingOn {
  readonly #parts: PassingParts;
  /** Ports of projects on which something listens for its own machine alone: the project's own server reaches it, a hub does not. */
  readonly #inside = new Recently({ ttlMs: 20_000, max: 10_000 });

  constructor(parts: PassingParts) {
    this.#parts = parts;
  }

  /** Passes a request on, for a port without waiting for anything. @throws AppError when the other side has its fill. */
  async request(routed: Unrouted, response: HttpResponse, fail: Fail): Promise<void> {
    await this.#request(this.#aim(routed), response, fail);
  }

  /** Joins an upgrade. @throws AppError when the other side has its fill. */
  async upgrade(routed: Unrouted, socket: Duplex, head: Buffer, fail: Fail): Promise<void> {
    await this.#upgrade(this.#aim(routed), socket, head, fail);
  }

  async #request(routed: RoutedVisit, response: HttpResponse, fail: Fail): Promise<void> {
    const { target, right } = routed;
    const { request } = routed.visit;
    const extraRequest = target.kind === "web" ? [] : await this.#assertion(routed);
    if (response.closed || request.socket.destroyed) return;
    const exchange = forward(request, response, {
      ...this.#forwardOptions(routed, extraRequest, "request"),
      onError: (error) => {
        const inside = this.#insteadInside(routed, error);
        if (inside === undefined) sendError(request, response, { error: this.#aboutUpstream(routed, error) });
        else this.#request(inside, response, fail).catch(fail);
      },
      onEnd: () => right.leave(exchange),
    });
    right.enter(exchange);
  }

  async #upgrade(routed: RoutedVisit, socket: Duplex, head: Buffer, fail: Fail): Promise<void> {
    const { visit, target, right } = routed;
    const extraRequest = target.kind === "web" ? [] : await this.#assertion(routed);
    if (socket.destroyed) return;
    const exchange = forwardUpgrade(visit.request, socket, {
      ...this.#forwardOptions(routed, extraRequest, "upgrade"),
      head,
      onError: (error) => {
        const inside = this.#insteadInside(routed, error);
        if (inside === undefined) endUpgrade(socket, error.status, this.#aboutUpstream(routed, error).message);
        else this.#upgrade(inside, socket, head, fail).catch(fail);
      },
      onEnd: () => right.leave(exchange),
    });
    right.enter(exchange);
  }

  /** Only what people run on a port of their own is reached past the project's own server, unless nothing listened there a moment ago. */
  #aim(routed: Unrouted): RoutedVisit {
    const { target } = routed;
    if (target.kind !== "web") return { ...routed, port: this.#parts.config.projectPort };
    const direct = { ...routed, port: target.port };
    return this.#inside.has(portKey(direct)) ? this.#throughProject(direct) : direct;
  }

  /** A server may listen for its own machine alone: then the project's own server asks it. */
  #insteadInside(routed: RoutedVisit, error: AppError): RoutedVisit | undefined {
    if (routed.target.kind !== "web" || !isRefused(error)) return undefined;
    this.#inside.add(portKey(routed));
    return this.#throughProject(routed);
  }

  #throughProject(routed: RoutedVisit): RoutedVisit {
    const { visit, target, port } = routed;
    const named = { kind: "named" as const, projectId: target.projectId, name: String(port) };
    const path = visit.request.url ?? "/";
    return { ...routed, target: { ...named, path }, port: this.#parts.config.projectPort };
  }

  /** Only the project's own server is told who is calling: a program on a port could use it in the caller's name. */
  async #assertion({ target, right: { identity, role } }: RoutedVisit): Promise<string[]> {
    const subject = { accountId: identity.accountId, name: identity.name, role };
    return [ASSERTION_HEADER, await this.#parts.assertions.assertionFor(subject, target.projectId)];
  }

  #forwardOptions(
    routed: RoutedVisit,
    extraRequest: string[],
    use: "request" | "upgrade",
  ): Omit<ForwardOptions, "onError"> {
    const { upstreams, config } = this.#parts;
    const { visit, target, right } = routed;
    const { client } = visit;
    const onApp = visit.onOriginOf === undefined;
    const guard = target.kind === "server" ? FILE_SANDBOX : WEB_SANDBOX;
    return {
      upstream: upstreams.enter(target.projectId, upstreamOrigin(routed), use),
      path: target.path,
      client,
      takesBareLineFeeds: target.kind === "web",
      rewriteRequest: right.rewriteRequest,
      extraRequest,
      rewriteResponse: this.#rewriteResponse(routed, onApp ? onAppOrigin : onProjectOrigin),
      extraResponse: onApp ? guard : framedBy(appOrigin(client, config)),
    };
  }

  #rewriteResponse({ visit, target, right }: RoutedVisit, rewrite: RewriteHeader): RewriteHeader {
    const { projectId } = target;
    if (target.kind === "server") {
      const onDone = (done: DoneInProject) => this.#parts.onDone({ projectId, identity: right.identity, done });
      return noticingDone(rewrite, { method: visit.request.method, target, onDone });
    }
    if (target.kind !== "web") return rewrite;
    const { client } = visit;
    const { prefix, port } = target;
    const redirecting = { client, base: `${this.#parts.config.basePath}/${projectId}`, prefix, port };
    return (name, value) => rewrite(name, name === "location" ? visitorsLocation(value, redirecting) : value);
  }

  /** In words what is wrong with the server in the pod; its place is looked up anew. */
  #aboutUpstream({ target, port }: RoutedVisit, error: AppError): AppError {
    if (error.code === "invalid") return error;
    this.#parts.whereabouts.forget(target.projectId);
    const what = target.kind === "web" ? `Port ${port} of the project` : "The project's own server";
    const isSilent = target.kind === "web" && error.status === 502 && !isRefused(error);
    const todo = isSilent ? " If it speaks HTTPS only, let it speak HTTP: this site does the rest." : "";
    return new AppError(error.code, `${what} cannot be reached. ${error.message} Try again in a moment.${todo}`, {
      status: error.status,
      cause: error.cause,
      retryAfterSeconds: 2,
    });
  }
}

/** A server with a name that hangs must not keep the project's own from being asked, though both are asked at one port. */
function upstreamOrigin({ target, ip, port }: RoutedVisit): string {
  return `http://${hostInUrl(ip)}:${port}${target.kind === "named" ? `/${target.name}` : ""}`;
}

const portKey = ({ target, port }: RoutedVisit): string => `${target.projectId} ${port}`;
