/** Sends requests and upgrades on to the role that the route table names. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { AppError, invalid, notFound } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import type { AddressLimit } from "../../src/net/serve/address-limit.ts";
import { tellable } from "../../src/net/serve/answers.ts";
import { dropRest } from "../../src/net/serve/drop-rest.ts";
import { endUpgrade } from "../../src/net/serve/last-words.ts";
import { sendError } from "../../src/net/serve/plain-page.ts";
import { type Client, clientOf } from "../../src/net/visitor/forwarded.ts";
import { schemeOf } from "../../src/net/visitor/site.ts";
import type { RoleName } from "../names.ts";
import type { IngressConfig } from "./config.ts";
import type { RoleBounds } from "./role-bounds.ts";
import { routeOfRequest } from "./route.ts";
import type { ToRoles } from "./to-roles.ts";

interface IngressParts {
  log: Logger;
  toRoles: ToRoles;
  bounds: RoleBounds;
  limit: AddressLimit;
  config: IngressConfig;
  /** Where a role is now. */
  originOf: (role: RoleName) => string;
}

interface Entering {
  client: Client;
  role: RoleName;
  use: "request" | "upgrade";
}

export class Ingress {
  readonly #parts: IngressParts;

  constructor(parts: IngressParts) {
    this.#parts = parts;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    request.on("error", () => {}); // the client went away: the response's `close` tells
    try {
      const role = routeOfRequest(request, this.#parts.config).role;
      const client = this.#client(request);
      response.once("close", this.#enter(request, { client, role, use: "request" }));
      const onError = (error: AppError) => sendError(request, response, { error: aboutRole(role, error) });
      this.#parts.toRoles.request(request, response, { origin: this.#parts.originOf(role), client, onError });
    } catch (error) {
      sendError(request, response, { error: this.#tellable(error) });
      dropRest(request, response);
    }
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    try {
      const { role, upgrade } = routeOfRequest(request, this.#parts.config);
      if (!upgrade) throw notFound("There is no WebSocket at this address.");
      if (!isWebSocket(request)) throw invalid("WebSocket is the one protocol that one can upgrade to here.");
      const client = this.#client(request);
      socket.once("close", this.#enter(request, { client, role, use: "upgrade" }));
      const onError = (error: AppError) => endUpgrade(socket, error.status, aboutRole(role, error).message);
      this.#parts.toRoles.upgrade(request, socket, { origin: this.#parts.originOf(role), client, head, onError });
    } catch (error) {
      const { status, message } = this.#tellable(error);
      endUpgrade(socket, status, message);
    }
  }

  /** Takes the places of an address and at a role; returns what gives both back. @throws AppError where one of them is not free. */
  #enter(request: IncomingMessage, { client, role, use }: Entering): () => void {
    const { limit, bounds } = this.#parts;
    const leaveRole = bounds.enter(role, use);
    try {
      const leaveAddress = limit.enter(request, client.address, { isUpgrade: use === "upgrade" });
      return () => {
        leaveAddress();
        leaveRole();
      };
    } catch (error) {
      leaveRole();
      throw error;
    }
  }

  #client(request: IncomingMessage): Client {
    const client = clientOf(request, this.#parts.config);
    return { ...client, proto: schemeOf(this.#parts.config, client.proto) };
  }

  #tellable(error: unknown): AppError {
    return tellable(error, this.#parts.log, "a request could not be sent on");
  }
}

function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket";
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
