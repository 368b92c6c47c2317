/**
 * A browser's connection as long as only quick requests come on it (`quick-request.ts`): they are answered without Node's own requests and
 * responses, which cost as much as passing a request on. With the first other request Node's server gets the connection for good.
 */

import { type IncomingHttpHeaders, type OutgoingHttpHeaders, type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { isFieldValue } from "./field-line.ts";
import type { HttpRequest, HttpResponse } from "./http-message.ts";
import { type QuickHead, readQuickHead } from "./quick-request.ts";

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

/** States: waiting → answering → waiting again; given away, or closed. */
class QuickConnection {
  readonly #socket: Socket;
  readonly #options: Options;
  /** It is closed, or Node's from now on: what was read of it can be read again. */
  readonly #leave: () => void;
  readonly #keepAlive: string;
  #answering: QuickResponse | undefined;
  /** What came while a request was answered. */
  #later: Buffer[] = [];
  readonly #listeners = {
    data: (bytes: Buffer) => this.#onData(bytes),
    end: () => this.#onClientEnded(),
    timeout: () => this.closeIdle(),
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

  /** Closes it unless a request is answered now. */
  closeIdle(): void {
    if (this.#answering === undefined) this.#socket.destroy();
  }

  #onData(bytes: Buffer): void {
    if (this.#answering === undefined) this.#read(bytes);
    else {
      this.#later.push(bytes);
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
    if (response.isLast) return void this.#socket.destroySoon();
    if (this.#socket.timeout !== this.#options.keepAliveTimeoutMs) {
      this.#socket.setTimeout(this.#options.keepAliveTimeoutMs);
    }
    const hasRoom = !this.#socket.writableNeedDrain;
    if (hasRoom && this.#later.length === 0) return;
    this.#socket.pause(); // one who asks and does not read is not asked what else he wants
    if (hasRoom) process.nextTick(() => this.#goOn());
    else this.#socket.once("drain", () => this.#goOn());
  }

  #goOn(): void {
    if (this.#socket.destroyed) return;
    const bytes = Buffer.concat(this.#later);
    this.#later = [];
    this.#socket.resume();
    if (bytes.length > 0) this.#read(bytes);
  }

  /** Who says no more has gone, as far as anybody can tell: so does Node's server see it. */
  #onClientEnded(): void {
    if (this.#answering === undefined) this.#socket.end();
    else this.#socket.destroy();
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

interface ResponseOptions {
  /** Is the answer without a body, whatever it says? */
  isBodyless: boolean;
  isLast: boolean;
  /** The end of the head of an answer that is not the last. */
  keepAlive: string;
  /** All was written. */
  onEnd: () => void;
}

/** States: new → head written (it waits for the first bytes of the body, to travel with them) → sent → over. */
class QuickResponse implements HttpResponse {
  sendDate = true;
  headersSent = false;
  closed = false;
  isLast: boolean;
  readonly #socket: Socket;
  readonly #options: ResponseOptions;
  #isBodyless: boolean;
  #isChunked = false;
  /** What is to be written before the body. */
  #head = "";
  #trailers = "";
  #onClose: (() => void)[] = [];

  constructor(socket: Socket, options: ResponseOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#isBodyless = options.isBodyless;
    this.isLast = options.isLast;
  }

  setHeader(name: string, value: string): void {
    if (name.toLowerCase() === "connection" && value === "close") this.isLast = true;
    else this.#head += field(name, value);
  }

  writeHead(status: number, headers: OutgoingHttpHeaders | string[]): void {
    const { fields, hasLength } = readFields(headers);
    if (status === 204 || status === 304) this.#isBodyless = true;
    this.#isChunked = !hasLength && !this.#isBodyless;
    this.headersSent = true;
    this.#head =
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n${this.#head}${fields}` +
      (this.sendDate ? `date: ${new Date().toUTCString()}\r\n` : "") +
      (this.#isChunked ? "transfer-encoding: chunked\r\n" : "") +
      (this.isLast ? "connection: close\r\n\r\n" : this.#options.keepAlive);
  }

  flushHeaders(): void {
    if (this.#head !== "") this.#socket.write(this.#takeHead(), "latin1");
  }

  write(chunk: Buffer, taken?: () => void): boolean {
    if (this.#isBodyless || chunk.length === 0) {
      taken?.();
      return true;
    }
    this.#socket.cork();
    const before = this.#takeHead() + (this.#isChunked ? `${chunk.length.toString(16)}\r\n` : "");
    if (before !== "") this.#socket.write(before, "latin1");
    let hasRoom = this.#socket.write(chunk, taken);
    if (this.#isChunked) hasRoom = this.#socket.write("\r\n", "latin1");
    this.#socket.uncork();
    return hasRoom;
  }

  addTrailers(trailers: [string, string][]): void {
    for (const [name, value] of trailers) this.#trailers += field(name, value);
  }

  end(last?: string | Buffer, encoding: BufferEncoding = "utf8", sent?: () => void): void {
    if (typeof last === "string" && encoding === "latin1" && !this.#isChunked) {
      this.#socket.write(this.#takeHead() + (this.#isBodyless ? "" : last), "latin1", sent);
    } else {
      if (last !== undefined) this.write(typeof last === "string" ? Buffer.from(last, encoding) : last);
      const end = this.#takeHead() + (this.#isChunked ? `0\r\n${this.#trailers}\r\n` : "");
      if (end !== "" || sent !== undefined) this.#socket.write(end, "latin1", sent);
    }
    this.close();
    this.#options.onEnd();
  }

  once(event: "close" | "drain", listener: () => void): void {
    if (event === "drain") this.#socket.once("drain", listener);
    else this.#onClose.push(listener);
  }

  /** The exchange is over, be it that the connection broke. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const listener of this.#onClose) listener();
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = "";
    return head;
  }
}

const CONTENT_LENGTH = "content-length";

/** The lines of these headers, and whether they tell the length of the body. @throws TypeError as `field` does. */
function readFields(headers: OutgoingHttpHeaders | string[]): { fields: string; hasLength: boolean } {
  const list = Array.isArray(headers) ? headers : inOneRow(headers);
  let fields = "";
  let hasLength = false;
  for (let index = 0; index + 1 < list.length; index += 2) {
    const name = list[index] ?? "";
    fields += field(name, list[index + 1] ?? "");
    hasLength ||= name.length === CONTENT_LENGTH.length && name.toLowerCase() === CONTENT_LENGTH;
  }
  return { fields, hasLength };
}

/** As name, value, name, value; a header with several values stands there as often. */
function inOneRow(headers: OutgoingHttpHeaders): string[] {
  return Object.entries(headers).flatMap(([name, value = []]) =>
    [value].flat().flatMap((each) => [name, String(each)]),
  );
}

/** @throws TypeError for a value that would not stay in its line. */
function field(name: string, value: string): string {
  if (!isFieldValue(value))
    throw new TypeError(`The value of the header ${name} has characters that no header may have.`);
  return `${name}: ${value}\r\n`;
}
