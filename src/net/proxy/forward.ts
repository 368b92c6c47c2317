/** Forwards one HTTP exchange to another server: bytes as they come, back-pressure both ways, nothing left when either side goes away. */

import type { Socket } from "node:net";
import type { AppError } from "../../core/errors.ts";
import type { HttpRequest, HttpResponse } from "../http-message.ts";
import { dropRest } from "../serve/drop-rest.ts";
import type { Client } from "../visitor/forwarded.ts";
import { headerValue } from "./answer-fields.ts";
import { passedTrailers, type RewriteHeader, requestHead, responseHeaders } from "./forward-headers.ts";
import { type Framing, framingOf, hasBody } from "./framing.ts";
import { upstreamError } from "./gateway-errors.ts";
import { writeCopy } from "./kept-buffers.ts";
import type { ResponseHead } from "./response-parser.ts";
import type { ResponseHandler, UpstreamConnection } from "./upstream-connection.ts";
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
  /** See `ResponseContext`: for servers that people write themselves, never for ours. */
  takesBareLineFeeds?: boolean | undefined;
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
export function forward(request: HttpRequest, response: HttpResponse, options: ForwardOptions): Forwarding {
  const exchange = new Exchange(request, response, options);
  exchange.send();
  return exchange;
}

/** Above this size an answer is copied as bytes; a short one travels with its head as one text, in one write. */
const SHORT_BYTES = 8_192;

/**
 * States: asking (no answer yet) → answering (the answer's head was passed on) → over. The client's going away ends the other side in
 * any state. A GET or HEAD on a kept connection that the other side closed at that moment is asked once more on a new one.
 */
class Exchange implements ResponseHandler, Forwarding {
  readonly #request: HttpRequest;
  readonly #response: HttpResponse;
  readonly #socket: Socket;
  readonly #options: ForwardOptions;
  /** Of the request, for its head and its body alike. */
  readonly #framing: Framing;
  #connection: UpstreamConnection | undefined;
  /** The last chunk, between `onData` and the `onEnd` that follows at once. */
  #last: Buffer | undefined;
  #isClientGone = false;
  #isFinished = false;
  #isWaiting = false;
  #mayRetry: boolean;
  #holdsPlace = true;

  constructor(request: HttpRequest, response: HttpResponse, options: ForwardOptions) {
    this.#request = request;
    this.#response = response;
    this.#socket = request.socket;
    this.#options = options;
    this.#framing = framingOf(request.headers);
    this.#mayRetry = (request.method === "GET" || request.method === "HEAD") && !hasBody(this.#framing);
    response.once("close", () => this.#onClientClosed());
  }

  send({ isNew = false } = {}): void {
    const { upstream, path, client, rewriteRequest, extraRequest, takesBareLineFeeds } = this.#options;
    const { method = "GET", rawHeaders } = this.#request;
    const passed = { method, path, rawHeaders, client, rewrite: rewriteRequest, extra: extraRequest };
    const head = requestHead({ ...passed, framing: this.#framing });
    const connection = upstream.connection({ isNew });
    this.#connection = connection;
    connection.ask({ method, isUpgrade: false, takesBareLineFeeds }, head, this);
    // Of a body nothing is read for a side that cannot be reached: the caller may have another one.
    if (hasBody(this.#framing)) connection.whenConnected(() => this.#sendBody(connection));
    else connection.sent();
  }

  end(): void {
    this.#socket.destroy();
    this.#abandon();
  }

  onDrain(): void {
    this.#request.resume();
  }

  onHead({ status, headers: answered, length, isStream }: ResponseHead): void {
    const { rewriteResponse, extraResponse } = this.#options;
    const headers = responseHeaders(answered, rewriteResponse);
    if (length !== undefined) headers.push("content-length", String(length));
    if (extraResponse !== undefined) headers.push(...extraResponse);
    this.#response.sendDate = headerValue(answered, "date") === undefined;
    this.#response.writeHead(status, headers);
    if (isStream) this.#response.flushHeaders(); // a stream may be silent for long
  }

  onData(chunk: Buffer, isLast: boolean): void {
    if (isLast) this.#last = chunk;
    else if (!writeCopy(chunk, (copy, taken) => this.#response.write(copy, taken))) this.#waitForRoom();
  }

  onEnd(trailers: string[]): void {
    this.#leave();
    if (this.#isFinished) return;
    // All at once: Node's responses keep the last ones that they were given.
    if (trailers.length > 0) this.#response.addTrailers(passedTrailers(trailers, this.#options.rewriteResponse));
    this.#finish(this.#last);
  }

  onError(error: Error, isStale: boolean): void {
    if (isStale && this.#mayRetry) {
      this.#mayRetry = false;
      this.send({ isNew: true });
    } else {
      this.#leave();
      this.#fail(error);
    }
  }

  /** Passes the body on as it comes, no faster than the other side takes it. */
  #sendBody(connection: UpstreamConnection): void {
    const request = this.#request;
    const lastChunk = this.#framing.kind === "chunked";
    request.on("data", (part: Buffer) => {
      if (this.#connection !== connection || this.#isFinished) return; // answered already: the rest is read and dropped
      const hasRoom = lastChunk ? connection.writeChunk(part) : connection.write(part);
      if (!hasRoom) request.pause();
    });
    request.on("end", () => {
      if (!this.#isFinished) connection.sent({ lastChunk });
    });
  }

  /** The client takes no more for now: nor do we. */
  #waitForRoom(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#connection?.pause();
    this.#response.once("drain", () => {
      this.#isWaiting = false;
      this.#connection?.resume();
    });
  }

  #finish(last: Buffer | undefined): void {
    this.#isFinished = true;
    const response = this.#response;
    if (last === undefined) response.end("", "latin1");
    else if (last.length <= SHORT_BYTES) response.end(last.toString("latin1"), "latin1");
    else response.end(Buffer.from(last));
    dropRest(this.#request, this.#response);
  }

  #fail(error: Error): void {
    if (this.#isClientGone) return;
    if (this.#response.headersSent)
      this.#socket.destroy(); // a cut-off answer must not look whole
    else this.#answerError(error);
  }

  #answerError(error: Error): void {
    this.#isFinished = true;
    this.#options.onError(upstreamError(error));
    if (this.#response.headersSent) dropRest(this.#request, this.#response); // else it is asked of somebody else
  }

  #onClientClosed(): void {
    this.#isClientGone = true;
    this.#abandon();
    this.#options.onEnd?.();
  }

  /** Nobody waits for the answer any more: unless it is over, its connection goes. */
  #abandon(): void {
    if (!this.#holdsPlace) return;
    this.#connection?.destroy();
    this.#leave();
  }

  #leave(): void {
    if (!this.#holdsPlace) return;
    this.#holdsPlace = false;
    this.#connection = undefined;
    this.#options.upstream.leave();
  }
}
