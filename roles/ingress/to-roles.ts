/**
 * Passes requests and upgrades on to roles by http-proxy-middleware, on connections that all visitors share. Its headers are cleaned before it sees a
 * request: it copies what it finds.
 */

import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createProxyMiddleware, type RequestHandler } from "http-proxy-middleware";
import { type AppError, codeOf } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import { cleanAnswerHeaders, cleanRequestHeaders, passedTrailers } from "../../src/net/proxy/forward-headers.ts";
import { endTogether } from "../../src/net/proxy/forward-upgrade.ts";
import { framingOf, hasBody, NO_BODY } from "../../src/net/proxy/framing.ts";
import { upstreamError } from "../../src/net/proxy/gateway-errors.ts";
import { endWhenGone } from "../../src/net/proxy/waiting-client.ts";
import { dropRest } from "../../src/net/serve/drop-rest.ts";
import { noteRefused } from "../../src/net/serve/request-watch.ts";
import type { Client } from "../../src/net/visitor/forwarded.ts";
import { RoleConnections } from "./role-connections.ts";

/** Where a request goes, and what becomes of it if it does not get there. */
export interface Destination {
  /** Of the role. */
  origin: string;
  client: Client;
  /** Answers when nothing was answered yet. */
  onError: (error: AppError) => void;
}

/** A request under way. */
interface UnderWay extends Destination {
  /** May it be asked once more, should a kept connection turn out to be gone? */
  mayRetry: boolean;
  /** The request that was sent last, and what its connection had said before. */
  asked?: { outgoing: ClientRequest; heardBefore: number };
}

/** Never connected to: a request whose role is not known is not passed on. */
const NOWHERE = "http://127.0.0.1:9";
/** As large as the heads that hub-proxy takes from what runs in projects. */
const MAX_HEAD_BYTES = 98_304;

export class ToRoles {
  readonly #connections: RoleConnections;
  readonly #middleware: RequestHandler<IncomingMessage, ServerResponse>;
  readonly #underWay = new WeakMap<IncomingMessage, UnderWay>();

  constructor(life: Life) {
    this.#connections = new RoleConnections(life);
    this.#middleware = createProxyMiddleware<IncomingMessage, ServerResponse>({
      target: NOWHERE,
      router: (request) => this.#underWay.get(request)?.origin ?? NOWHERE,
      agent: this.#connections.agent,
      // Options of the request to a role: made anew for each, since it is written into.
      get ssl() {
        return { maxHeaderSize: MAX_HEAD_BYTES };
      },
      ejectPlugins: true, // they log addresses and answer errors with them
      plugins: [
        (proxy) => {
          proxy.on("proxyReq", (outgoing, request) => this.#onAsked(outgoing, request));
          proxy.on("proxyReqWs", joinSides);
          proxy.on("proxyRes", passAnswer);
          proxy.on("error", (error, request, out) => this.#onError(error, request, out));
        },
      ],
    });
  }

  /** Passes a request on whose body has not been read. */
  request(request: IncomingMessage, response: ServerResponse, destination: Destination): void {
    const framing = framingOf(request.headers);
    const mayRetry = (request.method === "GET" || request.method === "HEAD") && !hasBody(framing);
    cleanRequestHeaders(request.headers, { framing, client: destination.client });
    this.#underWay.set(request, { ...destination, mayRetry });
    void this.#middleware(request, response);
  }

  /** Joins a WebSocket; `head` is what came behind its request. */
  upgrade(request: IncomingMessage, socket: Duplex, { head, ...destination }: Destination & { head: Buffer }): void {
    cleanRequestHeaders(request.headers, { framing: NO_BODY, client: destination.client, upgrade: "websocket" });
    this.#underWay.set(request, { ...destination, mayRetry: false });
    this.#middleware.upgrade(request, socket as Socket, head); // a server of ours listens for TCP alone
  }

  #onAsked(outgoing: ClientRequest, request: IncomingMessage | undefined): void {
    const underWay = request === undefined ? undefined : this.#underWay.get(request);
    if (underWay !== undefined) underWay.asked = { outgoing, heardBefore: outgoing.socket?.bytesRead ?? 0 };
  }

  #onError(error: Error, request?: IncomingMessage, out?: ServerResponse | Socket): void {
    const underWay = request === undefined ? undefined : this.#underWay.get(request);
    if (request === undefined || out === undefined || underWay === undefined || out.closed) return;
    if (!("writeHead" in out)) underWay.onError(upstreamError(error));
    else if (out.headersSent)
      request.socket.destroy(); // a cut-off answer must not look whole
    else if (underWay.mayRetry && isStale(underWay, error)) {
      underWay.mayRetry = false;
      this.#connections.forgetIdle(underWay.origin);
      void this.#middleware(request, out);
    } else {
      underWay.onError(upstreamError(error));
      dropRest(request, out);
    }
  }
}

const BROKE_OFF = new Set(["ECONNRESET", "EPIPE"]);

/** Did a kept connection end before it said anything to this request? */
function isStale({ asked }: UnderWay, error: Error): boolean {
  if (asked === undefined || !asked.outgoing.reusedSocket || !BROKE_OFF.has(codeOf(error))) return false;
  return (asked.outgoing.socket?.bytesRead ?? 0) === asked.heardBefore;
}

/** The head of an answer, before it is copied; what it says of its connection is not the visitor's. Without a word of ours the request's is copied. */
function passAnswer(answer: IncomingMessage, request: IncomingMessage, response: ServerResponse): void {
  cleanAnswerHeaders(answer.headers);
  answer.headers.connection = response.shouldKeepAlive ? "keep-alive" : "close";
  answer.once("end", () => {
    const trailers = answer.rawTrailers.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text));
    if (trailers.length > 0 && !response.writableEnded) response.addTrailers(passedTrailers(trailers));
  });
  response.once("finish", () => dropRest(request, response)); // it may have come before the whole request
}

/** What http-proxy-middleware leaves open: each side goes with the other, and a refusal leaves nothing behind. */
function joinSides(outgoing: ClientRequest, _request: IncomingMessage, socket: Socket): void {
  let side: { destroy(): unknown } = outgoing;
  const stopWaiting = endWhenGone(socket);
  socket.once("close", () => side.destroy());
  outgoing.once("upgrade", (_answer, other: Socket) => {
    stopWaiting();
    side = other;
    other.once("close", () => socket.destroySoon()); // what it said last still goes out
    socket.setKeepAlive(true, 30_000);
    endTogether(socket, other);
  });
  outgoing.once("response", ({ statusCode = 502 }: IncomingMessage) => {
    stopWaiting();
    noteRefused(socket, statusCode);
    outgoing.shouldKeepAlive = false; // nobody is asked again where an upgrade was refused
    socket.once("finish", () => socket.destroy());
  });
}
