/** The answer to a quick request, written on the socket itself: a short one in one write, head and body together. */

import { type OutgoingHttpHeaders, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { HttpResponse } from "../http-message.ts";
import { isFieldValue } from "./field-line.ts";

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
export class QuickResponse implements HttpResponse {
  sendDate = true;
  headersSent = false;
  statusCode = 200;
  writableFinished = false;
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

  get socket(): Socket {
    return this.#socket;
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
    this.statusCode = status;
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

  end(last?: string | Buffer, encoding: BufferEncoding = "utf8"): void {
    if (this.closed) return;
    if (typeof last === "string" && encoding === "latin1" && !this.#isChunked) {
      this.#socket.write(this.#takeHead() + (this.#isBodyless ? "" : last), "latin1");
    } else {
      if (last !== undefined) this.write(typeof last === "string" ? Buffer.from(last, encoding) : last);
      const end = this.#takeHead() + (this.#isChunked ? `0\r\n${this.#trailers}\r\n` : "");
      if (end !== "") this.#socket.write(end, "latin1");
    }
    this.writableFinished = true;
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
