/** Forwards an Upgrade (WebSocket) to another server and then the bytes of both sides, until either ends. */

import { STATUS_CODES } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { AppError } from "../../core/errors.ts";
import type { HttpRequest } from "../http-message.ts";
import { sayLast } from "../serve/last-words.ts";
import { noteRefused } from "../serve/request-watch.ts";
import { headerValue } from "./answer-fields.ts";
import type { Forwarding, ForwardOptions } from "./forward.ts";
import { requestHead, responseHeaders } from "./forward-headers.ts";
import { NO_BODY } from "./framing.ts";
import { upstreamError } from "./gateway-errors.ts";
import type { ResponseHead } from "./response-parser.ts";
import type { ResponseHandler, UpstreamConnection } from "./upstream-connection.ts";
import { endWhenGone } from "./waiting-client.ts";

export interface UpgradeOptions extends ForwardOptions {
  /** What the client sent after its request. */
  head: Buffer;
  /** Answers an upgrade that failed before the other side answered. */
  onError: (error: AppError) => void;
}

/** Forwards an upgrade. Whatever goes wrong is answered or ends both sides; nothing is thrown. */
export function forwardUpgrade(request: HttpRequest, socket: Duplex, options: UpgradeOptions): Forwarding {
  const exchange = new UpgradeExchange(request, socket, options);
  exchange.send();
  return exchange;
}

/** Time for the second side to end after the first did. */
const LINGER_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;

/**
 * States: asking → joined (101: both sockets are piped) or refused (any other answer, passed on as it is) → over.
 */
class UpgradeExchange implements ResponseHandler, Forwarding {
  readonly #request: HttpRequest;
  readonly #socket: Duplex;
  readonly #options: UpgradeOptions;
  #connection: UpstreamConnection | undefined;
  #other: Duplex | undefined;
  #isAnswered = false;
  #holdsPlace = true;
  readonly #stopWaiting: () => void;

  constructor(request: HttpRequest, socket: Duplex, options: UpgradeOptions) {
    this.#request = request;
    this.#socket = socket;
    this.#options = options;
    keepOpen(socket);
    socket.on("error", () => socket.destroy()); // first of all: a reset by the client is no event of ours
    socket.on("close", () => this.#onClientClosed());
    this.#stopWaiting = endWhenGone(socket);
  }

  send(): void {
    const { upstream, path, client, rewriteRequest, extraRequest, takesBareLineFeeds } = this.#options;
    const { rawHeaders, headers } = this.#request;
    const passed = {
      method: "GET",
      path,
      rawHeaders,
      framing: NO_BODY,
      client,
      rewrite: rewriteRequest,
      extra: extraRequest,
    };
    const head = requestHead({ ...passed, upgrade: headers.upgrade ?? "websocket" });
    this.#connection = upstream.connectionForUpgrade();
    this.#connection.ask({ method: "GET", isUpgrade: true, takesBareLineFeeds }, head, this);
    this.#connection.sent();
  }

  end(): void {
    this.#socket.destroy();
    this.#other?.destroy();
  }

  onDrain(): void {} // an upgrade has no body

  onSwitch(other: Socket, { status, headers }: ResponseHead): void {
    this.#isAnswered = true;
    this.#stopWaiting();
    this.#leave();
    this.#other = other;
    this.#options.upstream.upgrades += 1;
    keepOpen(other);
    other.on("error", () => other.destroy());
    other.on("close", () => this.#onOtherClosed());
    if (this.#socket.destroyed) return void other.destroy();
    const upgrade = headerValue(headers, "upgrade") ?? "websocket";
    this.#socket.write(this.#head(status, headers, ["Connection: Upgrade", `Upgrade: ${upgrade}`]), "latin1");
    if (this.#options.head.length > 0) other.write(this.#options.head);
    join(this.#socket, other);
  }

  onHead({ status, headers, length }: ResponseHead): void {
    this.#isAnswered = true;
    this.#stopWaiting();
    noteRefused(this.#socket, status);
    const framing = ["Connection: close", ...(length === undefined ? [] : [`Content-Length: ${length}`])];
    this.#socket.write(this.#head(status, headers, framing), "latin1");
    this.#socket.on("drain", () => this.#connection?.resume());
  }

  onData(chunk: Buffer): void {
    if (!this.#socket.write(Buffer.from(chunk))) this.#connection?.pause();
  }

  onEnd(): void {
    this.#leave();
    sayLast(this.#socket);
  }

  onError(error: Error): void {
    this.#leave();
    this.#stopWaiting();
    if (this.#socket.destroyed) return;
    if (this.#isAnswered) this.#socket.destroy();
    else this.#options.onError(upstreamError(error));
  }

  #head(status: number, answered: readonly string[], first: string[]): string {
    const { rewriteResponse, extraResponse = [] } = this.#options;
    const headers = [...responseHeaders(answered, rewriteResponse), ...extraResponse];
    const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}`, ...first];
    for (let index = 0; index + 1 < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`);
    return `${lines.join("\r\n")}\r\n\r\n`;
  }

  #onClientClosed(): void {
    if (this.#holdsPlace) this.#connection?.destroy();
    this.#leave();
    this.#other?.destroy();
    this.#options.onEnd?.();
  }

  #onOtherClosed(): void {
    this.#options.upstream.upgrades -= 1;
    if (this.#socket instanceof Socket)
      this.#socket.destroySoon(); // what it said last still goes out
    else this.#socket.destroy();
  }

  #leave(): void {
    if (!this.#holdsPlace) return;
    this.#holdsPlace = false;
    this.#connection = undefined;
    this.#options.upstream.leave();
  }
}

/** No time-out of ours, no waiting to fill packets, and TCP finds out when a peer has vanished. */
function keepOpen(socket: Duplex): void {
  if (!(socket instanceof Socket)) return;
  socket.setTimeout(0);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
}

/** Pipes both ways. */
function join(one: Duplex, other: Duplex): void {
  one.pipe(other);
  other.pipe(one);
  endTogether(one, other);
}

/** Of two sides that are piped: when one has said all, the other gets a while to end too. */
export function endTogether(one: Duplex, other: Duplex): void {
  for (const side of [one, other]) {
    side.once("end", () => {
      const timer = setTimeout(() => {
        one.destroy();
        other.destroy();
      }, LINGER_MS);
      const stop = () => clearTimeout(timer);
      one.once("close", stop);
      other.once("close", stop);
    });
  }
}
