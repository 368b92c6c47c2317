/**
 * Forwards what hub-proxy brings for a server that nobody else reaches: one with a name, whose program it starts, saying how that goes, or what
 * somebody runs on a port for this machine alone.
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { AppError, conflict } from "../../../src/core/errors.ts";
import type { Logger } from "../../../src/core/log.ts";
import { splitTarget } from "../../../src/core/request-target.ts";
import { type ForwardOptions, forward } from "../../../src/net/proxy/forward.ts";
import type { RewriteHeader } from "../../../src/net/proxy/forward-headers.ts";
import { forwardUpgrade } from "../../../src/net/proxy/forward-upgrade.ts";
import { isRefused } from "../../../src/net/proxy/gateway-errors.ts";
import { visitorsLocation } from "../../../src/net/proxy/redirects.ts";
import type { Upstreams } from "../../../src/net/proxy/upstreams.ts";
import { dropRest } from "../../../src/net/serve/drop-rest.ts";
import { endUpgrade } from "../../../src/net/serve/last-words.ts";
import { sendError, sendPage, wantsPage } from "../../../src/net/serve/plain-page.ts";
import type { Client } from "../../../src/net/visitor/forwarded.ts";
import { belowBase } from "../../../src/net/visitor/routes.ts";
import { toldHere } from "../http-server.ts";
import type { NamedServers } from "./named-servers.ts";

/** A page is told soon that it has to wait, and then looks again by itself; a program waits. */
const PAGE_WAITS_SECONDS = 2;
const PROGRAM_WAITS_SECONDS = 20;

const IN_RESCUE =
  "The project is in rescue mode, in which there are files and terminals only. Restart it normally to use its servers.";

interface Options {
  servers: NamedServers;
  /** Opened before the listener, so that what is under way at a stop is answered. */
  upstreams: Upstreams;
  /** `<base path>/<project_id>`. */
  base: string;
  /** In rescue mode nobody is taken to any. */
  rescue: boolean;
  log: Logger;
}

/** What is asked of which server. */
interface Asked {
  /** Or the port. */
  name: string;
  title: string;
  /** For the program. */
  path: string;
  /** What the visitor's path has before that. */
  prefix: string;
}

export class ServerProxy {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Is this the address of a named server? */
  isAsked(request: IncomingMessage): boolean {
    return this.#match(request) !== undefined;
  }

  /** Answers a request that a hub vouches for, whatever comes. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#pass(request, response, this.#asked(request));
    } catch (error) {
      sendError(request, response, { error: this.#tellable(error) });
      dropRest(request, response);
    }
  }

  async #pass(request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void> {
    try {
      const isPage = request.method === "GET" && wantsPage(request);
      const origin = await this.#origin(asked, isPage ? PAGE_WAITS_SECONDS : PROGRAM_WAITS_SECONDS);
      if (response.closed) return;
      if (origin === undefined && isPage) return sendStarting(request, response, asked);
      forward(request, response, {
        ...this.#forwardOptions(request, asked, originThatListens(origin, asked), "request"),
        onError: (error) => sendError(request, response, { error: aboutServer(asked, error) }),
      });
    } catch (error) {
      const title = `${asked.title} cannot be opened`;
      sendError(request, response, { error: this.#tellable(error), title, more: '<p><a href="">Try again</a></p>' });
      dropRest(request, response);
    }
  }

  /** Answers or joins an upgrade that a hub vouches for, whatever comes. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    try {
      const asked = this.#asked(request);
      const origin = originThatListens(await this.#origin(asked, PROGRAM_WAITS_SECONDS), asked);
      if (socket.destroyed) return;
      forwardUpgrade(request, socket, {
        ...this.#forwardOptions(request, asked, origin, "upgrade"),
        head,
        onError: (error) => endUpgrade(socket, error.status, aboutServer(asked, error).message),
      });
    } catch (error) {
      const { status, message } = this.#tellable(error);
      endUpgrade(socket, status, message);
    }
  }

  #match({ url }: IncomingMessage): RegExpExecArray | undefined {
    const below = belowBase(this.#options.base, splitTarget(url).path);
    return (below === undefined ? null : /^\/(port|server)\/([^/]+)(\/.*)?$/.exec(below)) ?? undefined;
  }

  /** @throws AppError `not_found` for a name that is not known, `conflict` in rescue mode. */
  #asked(request: IncomingMessage): Asked {
    if (this.#options.rescue) throw conflict(IN_RESCUE);
    const [, below, name = "", rest = "/"] = this.#match(request) ?? [];
    const title = isPort(name) ? `Port ${name} of the project` : this.#options.servers.definitionOf(name).title;
    const { url = "/" } = request;
    if (below === "port") return { name, title, path: url, prefix: "" };
    return { name, title, path: rest + splitTarget(url).search, prefix: `${this.#options.base}/server/${name}` };
  }

  /** `localhost` is IPv4 and IPv6. */
  async #origin({ name }: Asked, waitSeconds: number): Promise<string | undefined> {
    return isPort(name) ? `http://localhost:${name}` : this.#options.servers.originOf(name, { waitSeconds });
  }

  #forwardOptions(
    request: IncomingMessage,
    { name, path, prefix }: Asked,
    origin: string,
    use: "request" | "upgrade",
  ): Omit<ForwardOptions, "onError"> {
    const client = clientToldBy(request);
    const redirecting = { client, base: this.#options.base, prefix, port: portIn(origin) };
    const rewriteResponse: RewriteHeader = (header, value) =>
      header === "location" ? visitorsLocation(value, redirecting) : value;
    return {
      upstream: this.#options.upstreams.enter(name, origin, use),
      path,
      client,
      rewriteResponse,
      takesBareLineFeeds: isPort(name),
    };
  }

  #tellable(error: unknown): AppError {
    return toldHere(error, this.#options.log, "a request for a named server failed");
  }
}

/** Who is at the other end, as the hub says: only a hub gets here. */
function clientToldBy({ headers }: IncomingMessage): Client {
  const { host = "", "x-forwarded-for": address, "x-forwarded-proto": proto } = headers;
  return { host, address: String(address ?? ""), proto: proto === "https" ? "https" : "http" };
}

const isPort = (name: string): boolean => /^[1-9]\d{0,4}$/.test(name) && Number(name) <= 65_535;

function portIn(origin: string): number | undefined {
  const { port } = new URL(origin);
  return port === "" ? undefined : Number(port);
}

function originThatListens(origin: string | undefined, { title }: Asked): string {
  if (origin !== undefined) return origin;
  throw new AppError("unavailable", `${title} is starting. Try again in a moment.`, { retryAfterSeconds: 2 });
}

function aboutServer({ title }: Asked, error: AppError): AppError {
  if (error.code === "invalid") return error;
  const todo = isRefused(error)
    ? "Start your server, or wait until it listens, and try again."
    : "Try again in a moment.";
  return new AppError(error.code, `${title} cannot be reached. ${error.message} ${todo}`, {
    status: error.status,
    cause: error.cause,
    retryAfterSeconds: 2,
  });
}

/** A browser that waits for a server is shown a page that goes on by itself. */
function sendStarting(request: IncomingMessage, response: ServerResponse, { title }: Asked): void {
  sendPage(request, response, {
    status: 503,
    title: `${title} is starting`,
    body: '<p role="status">This page goes on by itself as soon as it runs.</p>',
    refreshSeconds: 2,
    headers: { "Retry-After": "2" },
  });
}
