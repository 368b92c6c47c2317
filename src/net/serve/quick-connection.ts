/**
 * A browser's connection as long as only quick requests come on it (`quick-request.ts`): they are answered without Node's own requests and
 * responses, which cost as much as passing a request on. With the first other request Node's server gets the connection for good.
 */

import type { IncomingHttpHeaders, Server } from "node:http";
import type { Socket } from "node:net";
import type { HttpRequest, HttpResponse } from "../http-message.ts";
import { type QuickHead, readQuickHead } from "./quick-request.ts";
import { QuickResponse } from "./quick-response.ts";

interface Options {
  handle: (request: HttpRequest, response: HttpResponse) => void;
  /** Shall this answer be the last one of its connection? */
  isLast: () => boolean;
  /** Longest time in ms to the first request, and from an answer to the next request. */
  firstTimeoutMs: number;
  keepAliveTimeoutMs: number;
}

/** Stands before a server of Node's: what connects to it comes here first. */
export class QuickConnections {
  readonly #open = new Set<QuickConnection>();

  constructor(server: Server, options: Options) {
    const nodes = server.listeners("connection") as ((socket: Socket) => void)[];
    const [toNode] = nodes; // the first listener is the server's own, which reads requests
    if (toNode === undefined) throw new TypeError("This server reads no connections.");
    server.off("connection", toNode);
    server.on("connection", (socket) => {
      const connection = new QuickConnection(socket, options, () => {
        this.#open.delete(connection);
        if (!socket.destroyed) toNode.call(server, socket);
      });
      this.#open.add(connection);
    });
  }

  /** Closes the connections on which nothing is asked now. */
  closeIdle(): void {
    for (const connection of this.#open) connection.closeIdle();
  }
}

/** States: waiting → answering → waiting again; then given away, or finishing → closed. */
class QuickConnection {
  readonly #socket: Socket;
  readonly #options: Options;
  /** It is closed, or Node's from now on: what was read of it can be read again. */
  readonly #leave: () => void;
  readonly #keepAlive: string;
  #answering: QuickResponse | undefined;
  #isFinishing = false;
  /** What came while a request was answered; it is one piece, for then nothing more is read. */
  #later: Buffer | undefined;
  readonly #listeners = {
    data: (bytes: Buffer) => this.#onData(bytes),
    end: () => this.#onClientEnded(),
    timeout: () => this.#onTimeout(),
    error: () => this.#socket.destroy(), // a reset by the client is no event of ours
    close: () => this.#onClosed(),
  };

  constructor(socket: Socket, options: Options, leave: () => void) {
    this.#socket = socket;
    this.#options = options;
    this.#leave = leave;
    this.#keepAlive = `connection: keep-alive\r\nkeep-alive: timeout=${options.keepAliveTimeoutMs / 1_000}\r\n\r\n`;
    for (const [event, listener] of Object.entries(this.#listeners)) socket.on(event, listener);
    socket.setTimeout(options.firstTimeoutMs);
  }

  /** Closes it unless a request is answered now; what was written before still goes out. */
  closeIdle(): void {
    if (this.#answering === undefined) this.#finish();
  }

  #onData(bytes: Buffer): void {
    if (this.#answering === undefined) this.#read(bytes);
    else {
      this.#later = bytes;
      this.#socket.pause();
    }
  }

  #read(bytes: Buffer): void {
    const head = readQuickHead(bytes);
    if (head === undefined) return void this.#giveAway(bytes);
    const response = new QuickResponse(this.#socket, {
      isBodyless: head.method === "HEAD",
      isLast: head.isLast || this.#options.isLast(),
      keepAlive: this.#keepAlive,
      onEnd: () => this.#onAnswered(response),
    });
    this.#answering = response;
    this.#options.handle(new QuickRequest(head, this.#socket), response);
  }

  #onAnswered(response: QuickResponse): void {
    this.#answering = undefined;
    if (response.isLast) return void this.#finish();
    if (this.#socket.timeout !== this.#options.keepAliveTimeoutMs) {
      this.#socket.setTimeout(this.#options.keepAliveTimeoutMs);
    }
    const hasRoom = !this.#socket.writableNeedDrain;
    if (hasRoom && this.#later === undefined) return;
    this.#socket.pause(); // a client that does not read its answers is not read from
    if (hasRoom) process.nextTick(() => this.#goOn());
    else this.#socket.once("drain", () => this.#goOn());
  }

  #goOn(): void {
    if (this.#isFinishing || this.#socket.destroyed) return;
    const bytes = this.#later;
    this.#later = undefined;
    this.#socket.resume();
    if (bytes !== undefined) this.#read(bytes);
  }

  /** Closes it as soon as all that was written is sent; what still comes is dropped. */
  #finish(): void {
    if (this.#isFinishing) return;
    this.#isFinishing = true;
    this.#socket.off("data", this.#listeners.data);
    this.#socket.resume();
    this.#socket.destroySoon();
  }

  /** A client that half-closes counts as gone, as with Node's server. */
  #onClientEnded(): void {
    if (this.#answering === undefined) this.#socket.end();
    else this.#socket.destroy();
  }

  #onTimeout(): void {
    if (this.#answering === undefined) this.#socket.destroy();
  }

  #onClosed(): void {
    this.#answering?.close();
    this.#leave();
  }

  #giveAway(bytes: Buffer): void {
    const socket = this.#socket;
    for (const [event, listener] of Object.entries(this.#listeners)) socket.off(event, listener);
    socket.setTimeout(0);
    socket.pause();
    socket.unshift(bytes);
    this.#leave();
    socket.resume();
  }
}

class QuickRequest implements HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly socket: Socket;
  readonly complete = true;

  constructor({ method, url, headers, rawHeaders }: QuickHead, socket: Socket) {
    this.method = method;
    this.url = url;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.socket = socket;
  }

  // It has no body: nothing happens to it any more.
  on(): void {}
  pause(): void {}
  resume(): void {}
}
