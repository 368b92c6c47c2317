/** Sends requests and upgrades on to the role that the route table names. */

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { AppError, notFound } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { forward } from "../../src/net/proxy/forward.ts";
import { forwardUpgrade } from "../../src/net/proxy/forward-upgrade.ts";
import type { Joined } from "../../src/net/proxy/joined.ts";
import type { Upstreams } from "../../src/net/proxy/upstreams.ts";
import type { AddressLimit } from "../../src/net/serve/address-limit.ts";
import { tellable } from "../../src/net/serve/answers.ts";
import { dropRest } from "../../src/net/serve/drop-rest.ts";
import type { HttpRequest, HttpResponse } from "../../src/net/serve/http-message.ts";
import { endUpgrade } from "../../src/net/serve/last-words.ts";
import { sendError } from "../../src/net/serve/plain-page.ts";
import { clientOf } from "../../src/net/visitor/forwarded.ts";
import { belowBase, type Route, routeOf } from "../../src/net/visitor/routes.ts";
import { schemeOf } from "../../src/net/visitor/site.ts";
import type { RoleName } from "../names.ts";
import type { IngressConfig } from "./config.ts";
import { originKind } from "./hosts.ts";

interface IngressParts {
  log: Logger;
  upstreams: Upstreams;
  limit: AddressLimit;
  joined: Joined;
  config: IngressConfig;
  /** Where a role is now. */
  originOf: (role: RoleName) => string;
}

export class Ingress {
  readonly #parts: IngressParts;

  constructor(parts: IngressParts) {
    this.#parts = parts;
  }

  handle(request: HttpRequest, response: HttpResponse): void {
    request.on("error", () => {}); // the client went away: the response's `close` tells
    try {
      const role = this.#route(request).role;
      response.once("close", this.#enter(request, { isUpgrade: false }));
      const options = this.#options(request, role, "request");
      const onError = (error: AppError) => sendError(request, response, { error: aboutRole(role, error) });
      forward(request, response, { ...options, onError });
    } catch (error) {
      sendError(request, response, { error: this.#tellable(error) });
      dropRest(request, response);
    }
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    try {
      const { role, upgrade } = this.#route(request);
      if (!upgrade) throw notFound("There is no WebSocket at this address.");
      socket.once("close", this.#enter(request, { isUpgrade: true }));
      const options = this.#options(request, role, "upgrade");
      const onError = (error: AppError) => endUpgrade(socket, error.status, aboutRole(role, error).message);
      const { joined } = this.#parts;
      const exchange = forwardUpgrade(request, socket, {
        ...options,
        head,
        onError,
        onEnd: () => joined.delete(exchange),
      });
      joined.add(exchange);
    } catch (error) {
      const { status, message } = this.#tellable(error);
      endUpgrade(socket, status, message);
    }
  }

  /** @throws AppError with status 421 for a host that is not ours, 404 for what is not below the base path. */
  #route(request: HttpRequest): Route {
    const { config } = this.#parts;
    const kind = originKind(request.headers.host ?? "", config);
    if (kind === undefined) {
      const message =
        "This site is not known under that name. Use the address that it was given (COCALC_ORIGIN, COCALC_HOSTS).";
      throw new AppError("invalid", message, { status: 421 });
    }
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    if (!path.startsWith("/")) throw new AppError("invalid", "The request names no path.");
    if (kind === "project") return routeOf("project", path);
    const below = belowBase(config.basePath, path);
    if (below === undefined) throw notFound(`This site is below ${config.basePath}/.`);
    return routeOf("app", below);
  }

  #enter(request: HttpRequest, use: { isUpgrade: boolean }): () => void {
    const { limit, config } = this.#parts;
    return limit.enter(request, clientOf(request, config).address, use);
  }

  #options(request: HttpRequest, role: RoleName, use: "request" | "upgrade") {
    const { upstreams, config, originOf } = this.#parts;
    const client = clientOf(request, config);
    const proto = schemeOf(config, client.proto);
    return {
      upstream: upstreams.enter(role, originOf(role), use),
      path: request.url ?? "/",
      client: { ...client, proto },
    };
  }

  #tellable(error: unknown): AppError {
    return tellable(error, this.#parts.log, "a request could not be sent on");
  }
}

function aboutRole(role: RoleName, error: AppError): AppError {
  if (error.code === "invalid") return error;
  return new AppError(
    error.code,
    `This part of the site (${role}) cannot be reached. ${error.message} Try again in a moment.`,
    {
      status: error.status,
      cause: error.cause,
      retryAfterSeconds: 2,
    },
  );
}
