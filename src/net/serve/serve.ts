/** The one way to listen for HTTP: limits before anything is read, draining without waiting for kept-alive connections, nothing left behind. */

import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { AppError } from "../../core/errors.ts";
import type { Life } from "../../core/life.ts";
import type { Logger } from "../../core/log.ts";
import type { HttpRequest, HttpResponse } from "../http-message.ts";
import { closeServer } from "./close-server.ts";
import type { EarlyListener } from "./early-listener.ts";
import { endUpgrade } from "./last-words.ts";
import { QuickConnections } from "./quick-connection.ts";
import { Refusals, refusalOf } from "./refusals.ts";
import type { RequestWatch } from "./request-watch.ts";

export type Handle = (request: IncomingMessage, response: ServerResponse) => void;
/** Takes over an upgrade; must answer or destroy the socket. Errors of the socket are already listened to. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Where to listen. */
export interface Listen {
  host: string;
  /** 0: the system chooses. */
  port: number;
  /** Where it listens at this address already, its port is taken over with the connections that wait. */
  early?: EarlyListener | undefined;
}

export interface ServeOptions {
  /** For errors and logs, such as `hub-next`. */
  name: string;
  listen: Listen;
  log: Logger;
  handle: Handle;
  /** Handles requests without a body past Node's own requests and responses: for roles that only pass them on. */
  handleQuick?: (request: HttpRequest, response: HttpResponse) => void;
  upgrade?: Upgrade;
  /** Ends at the stop what would be under way for ever, such as sockets of ours over long requests: called before requests are waited for. */
  letGo?: () => void | Promise<void>;
  /** Is shown each connection before anything is read from it, and may destroy it. */
  connected?: (socket: Socket) => void;
  /** Counts and logs each request and upgrade. */
  watch?: RequestWatch;
  /** Longest time in ms for a whole request to arrive; 0 where uploads have any size. Default 5 minutes. */
  requestTimeoutMs?: number;
  /** Most connections at once; further ones are closed. Default 20,000. */
  maxConnections?: number;
}

export interface Serving {
  /** Such as http://127.0.0.1:5000. */
  origin: string;
  port: number;
  /** Connections that are open now, upgraded ones included. */
  connections(): number;
}

const TIMEOUTS = { firstTimeoutMs: 20_000, keepAliveTimeoutMs: 75_000 };

/**
 * Serves until the life stops. Draining: no new connections, `Connection: close` on every answer, requests under way finish, idle
 * connections are closed. What is still under way shortly before the deadline of the stop is cut off. Upgraded sockets are ended at the undo, before
 * anything is waited for: whoever took them has nothing to undo, and so nothing has to be made after it listens.
 * @throws AppError `unavailable` when the port is taken.
 */
export async function serveHttp(life: Life, options: ServeOptions): Promise<Serving> {
  const { name, listen, log } = options;
  const open: Open = { sockets: new Set(), upgraded: new Set(), isDraining: false };
  const server = serverOf(options, open);
  const quick = readingQuickly(server, options, open);
  takeUpgrades(server, options, open);
  await listenOn(server, listen, name);
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  const host = listen.host === "0.0.0.0" ? "127.0.0.1" : listen.host;
  life.onDrain(`${name} listener`, () => {
    open.isDraining = true;
  });
  life.defer(`${name} http server`, async () => {
    await options.letGo?.();
    for (const socket of open.upgraded) socket.destroy();
    await closeServer(server, { sockets: open.sockets, quick, leftMs: () => life.leftMs });
  });
  log.info({ server: name, host: listen.host, port }, "serving");
  return { origin: `http://${host}:${port}`, port, connections: () => open.sockets.size };
}

/** What is connected; in `upgraded` also those that wait for the answer to their upgrade. */
interface Open {
  sockets: Set<Socket>;
  upgraded: Set<Duplex>;
  /** Every answer is the last one of its connection. */
  isDraining: boolean;
}

function keep<Kept extends Duplex>(kept: Set<Kept>, socket: Kept): void {
  kept.add(socket);
  socket.once("close", () => kept.delete(socket));
}

/** Node's server with our limits: it answers requests, and refuses what is none or could be read in two ways. */
function serverOf(options: ServeOptions, open: Open): Server {
  const { handle, watch, connected, requestTimeoutMs = 300_000, maxConnections = 20_000 } = options;
  const refusals = new Refusals();
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: TIMEOUTS.firstTimeoutMs,
      connectionsCheckingInterval: 5_000, // how exactly these two hold; Node's own would be 30 s
      keepAliveTimeout: TIMEOUTS.keepAliveTimeoutMs,
      maxHeaderSize: 32_768,
      ServerResponse: responsesOf(() => open.isDraining),
      keepAlive: true, // a peer that vanished is found out
      keepAliveInitialDelay: 30_000,
    },
    (request, response) => {
      watch?.request(request, response);
      if (refusals.admits(request, response)) handle(request, response);
    },
  );
  server.maxConnections = maxConnections;
  server.on("connection", (socket) => {
    keep(open.sockets, socket);
    connected?.(socket);
  });
  server.on("clientError", (error, socket) => refusals.malformed(error, socket));
  return server;
}

/** For a role that handles requests quickly: they are read before Node's server gets their connection. */
function readingQuickly(
  server: Server,
  { handleQuick, watch }: ServeOptions,
  open: Open,
): QuickConnections | undefined {
  if (handleQuick === undefined) return undefined;
  const handle: typeof handleQuick = (request, response) => {
    watch?.request(request, response);
    handleQuick(request, response);
  };
  return new QuickConnections(server, { handle, isLast: () => open.isDraining, ...TIMEOUTS });
}

function takeUpgrades(server: Server, { upgrade, watch }: ServeOptions, open: Open): void {
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy()); // a reset by the client is no event of ours
    watch?.upgrade(request, socket);
    if (upgrade === undefined || open.isDraining)
      return endUpgrade(socket, 503, "This server takes no WebSocket now; try again.");
    const refusal = refusalOf(request.headers);
    if (refusal !== undefined) return endUpgrade(socket, refusal.status, refusal.message);
    keep(open.upgraded, socket);
    upgrade(request, socket, head);
  });
}

const KEEP_ALIVE = `timeout=${TIMEOUTS.keepAliveTimeoutMs / 1_000}`;

/**
 * Responses of a server that itself says what becomes of a connection, also when it began to drain after they were asked for. Their heads are latin1: Node's
 * own would send one without a body as UTF-8, and bytes beyond ASCII in it twice as long.
 */
function responsesOf(isLast: () => boolean) {
  return class OwnResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
    override writeHead(...args: unknown[]): this {
      if (isLast()) this.setHeader("Connection", "close");
      else if (this.getHeader("connection") === "keep-alive") this.setHeader("Keep-Alive", KEEP_ALIVE);
      return Reflect.apply(super.writeHead, this, args); // as many and of the kinds that Node's takes
    }

    override flushHeaders(): void {
      this.write("", "latin1");
    }
  };
}

const BACKLOG = 2_048;

async function listenOn(server: Server, { host, port, early }: Listen, name: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (error: NodeJS.ErrnoException) => {
    const taken = error.code === "EADDRINUSE";
    const variable = name === "admin" ? "ADMIN_PORT" : "PORT";
    const message = taken
      ? `${name}: port ${port} on ${host} is taken by another program; choose one with ${variable}, such as ${variable}=8081.`
      : `${name}: cannot listen on ${host}:${port}: ${error.message}`;
    reject(new AppError("unavailable", message, { cause: error }));
  });
  server.once("listening", resolve);
  if (early?.isAt({ host, port })) early.give(server, BACKLOG);
  else server.listen({ host, port, backlog: BACKLOG });
  await promise;
}
