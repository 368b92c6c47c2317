/** Forwards one HTTP exchange to another server: bytes as they come, back-pressure both ways, nothing left when either side goes away. */

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Dispatcher } from "undici";
import { AppError, codeOf, messageOf } from "../core/errors.ts";
import { type RewriteHeader, requestHeaders, responseHeaders } from "./forward-headers.ts";
import type { Client } from "./forwarded.ts";
import type { Upstream } from "./upstreams.ts";

export interface ForwardOptions {
  /** With a place taken by `enter`; given back when the other side has finished. */
  upstream: Upstream;
  /** Path and query for the other side, as they stand in the request line. */
  path: string;
  client: Client;
  rewriteRequest?: RewriteHeader | undefined;
  extraRequest?: readonly string[] | undefined;
  rewriteResponse?: RewriteHeader | undefined;
  extraResponse?: readonly string[] | undefined;
  /** Answers when nothing was answered yet: the other side cannot be reached, or broke. The client may be gone already. */
  onError: (error: AppError) => void;
  /** Called once, when the exchange is over on the client's side. */
  onEnd?: (() => void) | undefined;
}

/** An exchange under way. */
export interface Forwarding {
  /** Ends it on both sides at once, as when a right was revoked. */
  end(): void;
}

/** Forwards a request whose body has not been read. Whatever goes wrong is answered or ends both sides; nothing is thrown. */
export function forward(request: IncomingMessage, response: ServerResponse, options: ForwardOptions): Forwarding {
  const exchange = new Exchange(request, response, options);
  exchange.send();
  return exchange;
}

type Controller = Dispatcher.DispatchController;

/**
 * States: sending (no answer yet) → answering (the answer's head was passed on) → over. The client's going away aborts the other side in
 * any state. A GET or HEAD on a kept connection that the other side closed at that moment is sent once more.
 */
class Exchange implements Dispatcher.DispatchHandler, Forwarding {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  readonly #options: ForwardOptions;
  #controller: Controller | undefined;
  #clientGone = false;
  #finished = false;
  #mayRetry: boolean;
  #holdsPlace = true;

  constructor(request: IncomingMessage, response: ServerResponse, options: ForwardOptions) {
    this.#request = request;
    this.#response = response;
    this.#socket = request.socket; // the dispatcher takes it from a request whose body it destroys
    this.#options = options;
    this.#mayRetry = (request.method === "GET" || request.method === "HEAD") && !hasBody(request);
    response.on("close", () => this.#onClientClosed());
    response.on("drain", () => this.#controller?.resume());
  }

  send(): void {
    const { upstream, path, client, rewriteRequest, extraRequest } = this.#options;
    const request = this.#request;
    const headers = requestHeaders(request.rawHeaders, { client, rewrite: rewriteRequest, extra: extraRequest });
    const method = (request.method ?? "GET") as Dispatcher.HttpMethod; // the dispatcher takes any token, and checks it
    try {
      upstream.dispatcher.dispatch({ path, method, headers, body: hasBody(request) ? request : null }, this);
    } catch (error) {
      this.onResponseError(undefined, error);
    }
  }

  end(): void {
    this.#socket.destroy();
    this.#abort();
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#clientGone) this.#abort();
  }

  onResponseStart(_controller: Controller, status: number, answered: IncomingHttpHeaders): void {
    if (status < 200 || this.#clientGone) return; // what comes before the answer is between the other side and us
    const { rewriteResponse, extraResponse } = this.#options;
    const headers = responseHeaders(answered, rewriteResponse);
    if (extraResponse !== undefined) headers.push(...extraResponse);
    this.#response.sendDate = answered.date === undefined;
    this.#response.writeHead(status, headers);
    if (answered["content-length"] === undefined) this.#response.flushHeaders(); // a stream may be silent for long
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (!this.#clientGone && !this.#response.write(chunk)) controller.pause();
  }

  onResponseEnd(_controller: Controller, trailers: IncomingHttpHeaders): void {
    this.#leave();
    if (this.#clientGone) return;
    this.#finished = true;
    addTrailers(this.#response, trailers);
    // An answer that came before the whole request: the rest of it cannot be told from a next request.
    if (this.#request.complete) this.#response.end();
    else this.#response.end(() => this.#socket.destroySoon());
  }

  onResponseError(_controller: Controller | undefined | null, error: unknown): void {
    const isStale = this.#mayRetry && !this.#response.headersSent && !this.#clientGone && isClosedConnection(error);
    if (isStale) {
      this.#mayRetry = false;
      this.send();
    } else {
      this.#leave();
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#clientGone) return;
    if (this.#response.headersSent)
      this.#socket.destroy(); // a cut-off answer must not look whole
    else this.#answerError(error);
  }

  #answerError(error: unknown): void {
    this.#finished = true;
    if (!this.#request.complete) this.#response.setHeader("Connection", "close");
    this.#options.onError(upstreamError(error));
  }

  #onClientClosed(): void {
    this.#clientGone = true;
    if (!this.#finished) this.#abort();
    this.#options.onEnd?.();
  }

  #abort(): void {
    this.#clientGone = true;
    this.#controller?.abort(CLIENT_GONE);
  }

  #leave(): void {
    if (!this.#holdsPlace) return;
    this.#holdsPlace = false;
    this.#options.upstream.requests -= 1;
  }
}

const CLIENT_GONE = new Error("the client went away");

/** Has the request a body, be it of unknown length? */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}

function addTrailers(response: ServerResponse, trailers: IncomingHttpHeaders): void {
  for (const name in trailers) {
    const value = trailers[name];
    if (value !== undefined) response.addTrailers([[name, String(value)]]);
  }
}

/** Did the connection end before anything was answered on it? */
function isClosedConnection(error: unknown): boolean {
  return ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"].includes(codeOf(error));
}

/** What went wrong with the other side, as a gateway answers it. */
export function upstreamError(cause: unknown): AppError {
  const code = codeOf(cause);
  const options = { cause, retryAfterSeconds: 2 };
  if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED") {
    return new AppError("invalid", `The request cannot be passed on: ${messageOf(cause)}.`, { cause });
  }
  if (code === "ECONNREFUSED") {
    return new AppError("unavailable", "Nothing is listening there.", { ...options, status: 502 });
  }
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT" || code === "EHOSTUNREACH") {
    return new AppError("timeout", "It did not answer in time.", options);
  }
  return new AppError("unavailable", "The connection to it broke off.", { ...options, status: 502 });
}
