/** Passes on to a project what may: to its own server, or to what its people run on a port of theirs. */

import type { Duplex } from "node:stream";
import { AppError } from "../../src/core/errors.ts";
import { hostInUrl } from "../../src/core/host-in-url.ts";
import { Recently } from "../../src/core/recently.ts";
import type { Identity } from "../../src/domain/access/identity.ts";
import type { Assertions } from "../../src/domain/assertions/assertions.ts";
import type { ProjectRoutes } from "../../src/domain/projects/project-routes.ts";
import { type ForwardOptions, forward, isRefused } from "../../src/net/proxy/forward.ts";
import type { RewriteHeader } from "../../src/net/proxy/forward-headers.ts";
import { forwardUpgrade } from "../../src/net/proxy/forward-upgrade.ts";
import { visitorsLocation } from "../../src/net/proxy/redirects.ts";
import type { Upstreams } from "../../src/net/proxy/upstreams.ts";
import type { HttpResponse } from "../../src/net/serve/http-message.ts";
import { endUpgrade } from "../../src/net/serve/last-words.ts";
import { sendError } from "../../src/net/serve/plain-page.ts";
import { ASSERTION_HEADER } from "../../src/protocol/assertion.ts";
import type { DoneInProject } from "../../src/protocol/done-in-project.ts";
import type { Admission } from "./admissions.ts";
import type { ProxyConfig } from "./config.ts";
import { noticingDone } from "./done-in-project.ts";
import type { Asked } from "./gate.ts";
import { appOrigin } from "./origins.ts";
import { FILE_SANDBOX, framedBy, onAppOrigin, onProjectOrigin, WEB_SANDBOX } from "./sandbox.ts";
import type { Target } from "./target.ts";

export interface PassingParts {
  routes: ProjectRoutes;
  assertions: Assertions;
  upstreams: Upstreams;
  config: ProxyConfig;
  /** A project's server says that a request did something that its log tells of. */
  onDone: (what: { projectId: string; identity: Identity; done: DoneInProject }) => void;
}

/** A request that may, and the address where its project runs. */
export interface Admitted {
  asked: Asked;
  target: Exclude<Target, { kind: "start" }>;
  admission: Admission;
  ip: string;
}

/** The same, and the port of the server that is asked. */
interface Aimed extends Admitted {
  port: number;
}

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
  async request(admitted: Admitted, response: HttpResponse, fail: Fail): Promise<void> {
    await this.#request(this.#aim(admitted), response, fail);
  }

  /** Joins an upgrade. @throws AppError when the other side has its fill. */
  async upgrade(admitted: Admitted, socket: Duplex, head: Buffer, fail: Fail): Promise<void> {
    await this.#upgrade(this.#aim(admitted), socket, head, fail);
  }

  async #request(aimed: Aimed, response: HttpResponse, fail: Fail): Promise<void> {
    const { target, admission } = aimed;
    const { request } = aimed.asked;
    const extraRequest = target.kind === "web" ? [] : await this.#assertion(aimed);
    if (response.closed || request.socket.destroyed) return;
    const exchange = forward(request, response, {
      ...this.#forwardOptions(aimed, extraRequest, "request"),
      onError: (error) => {
        const inside = this.#insteadInside(aimed, error);
        if (inside === undefined) sendError(request, response, { error: this.#aboutUpstream(aimed, error) });
        else this.#request(inside, response, fail).catch(fail);
      },
      onEnd: () => admission.leave(exchange),
    });
    admission.enter(exchange);
  }

  async #upgrade(aimed: Aimed, socket: Duplex, head: Buffer, fail: Fail): Promise<void> {
    const { asked, target, admission } = aimed;
    const extraRequest = target.kind === "web" ? [] : await this.#assertion(aimed);
    if (socket.destroyed) return;
    const exchange = forwardUpgrade(asked.request, socket, {
      ...this.#forwardOptions(aimed, extraRequest, "upgrade"),
      head,
      onError: (error) => {
        const inside = this.#insteadInside(aimed, error);
        if (inside === undefined) endUpgrade(socket, error.status, this.#aboutUpstream(aimed, error).message);
        else this.#upgrade(inside, socket, head, fail).catch(fail);
      },
      onEnd: () => admission.leave(exchange),
    });
    admission.enter(exchange);
  }

  /** Only what people run on a port of their own is reached past the project's own server, unless nothing listened there a moment ago. */
  #aim(admitted: Admitted): Aimed {
    const { target } = admitted;
    if (target.kind !== "web") return { ...admitted, port: this.#parts.config.projectPort };
    const direct = { ...admitted, port: target.port };
    return this.#inside.has(portKey(direct)) ? this.#throughProject(direct) : direct;
  }

  /** A server may listen for its own machine alone: then the project's own server asks it. */
  #insteadInside(aimed: Aimed, error: AppError): Aimed | undefined {
    if (aimed.target.kind !== "web" || !isRefused(error)) return undefined;
    this.#inside.add(portKey(aimed));
    return this.#throughProject(aimed);
  }

  #throughProject(aimed: Aimed): Aimed {
    const { asked, target, port } = aimed;
    const named = { kind: "named" as const, projectId: target.projectId, name: String(port) };
    const path = asked.request.url ?? "/";
    return { ...aimed, target: { ...named, path }, port: this.#parts.config.projectPort };
  }

  /** Only the project's own server is told who is calling: a program on a port could use it in the caller's name. */
  async #assertion({ target, admission: { identity, role } }: Aimed): Promise<string[]> {
    return [ASSERTION_HEADER, await this.#parts.assertions.assertionFor(identity, target.projectId, role)];
  }

  #forwardOptions(aimed: Aimed, extraRequest: string[], use: "request" | "upgrade"): Omit<ForwardOptions, "onError"> {
    const { upstreams, config } = this.#parts;
    const { asked, target, admission } = aimed;
    const { client } = asked;
    const onApp = asked.origin.kind === "app";
    const framing = target.kind === "server" ? FILE_SANDBOX : WEB_SANDBOX;
    return {
      upstream: upstreams.enter(target.projectId, upstreamOrigin(aimed), use),
      path: target.path,
      client,
      takesBareLineFeeds: target.kind === "web",
      rewriteRequest: admission.rewriteRequest,
      extraRequest,
      rewriteResponse: this.#rewriteResponse(aimed, onApp ? onAppOrigin : onProjectOrigin),
      extraResponse: onApp ? framing : framedBy(appOrigin(client, config)),
    };
  }

  #rewriteResponse({ asked, target, admission }: Aimed, rewrite: RewriteHeader): RewriteHeader {
    const { projectId } = target;
    if (target.kind === "server") {
      const onDone = (done: DoneInProject) => this.#parts.onDone({ projectId, identity: admission.identity, done });
      return noticingDone(rewrite, { method: asked.request.method, target, onDone });
    }
    if (target.kind !== "web") return rewrite;
    const { client } = asked;
    const { prefix, port } = target;
    const redirecting = { client, base: `${this.#parts.config.basePath}/${projectId}`, prefix, port };
    return (name, value) => rewrite(name, name === "location" ? visitorsLocation(value, redirecting) : value);
  }

  /** In words what is wrong with the server in the pod; its place is looked up anew. */
  #aboutUpstream({ target, port }: Aimed, error: AppError): AppError {
    if (error.code === "invalid") return error;
    this.#parts.routes.forget(target.projectId);
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
function upstreamOrigin({ target, ip, port }: Aimed): string {
  return `http://${hostInUrl(ip)}:${port}${target.kind === "named" ? `/${target.name}` : ""}`;
}

const portKey = ({ target, port }: Aimed): string => `${target.projectId} ${port}`;
