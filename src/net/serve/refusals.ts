/**
 * What no server of ours takes, whatever its role: requests whose end, sender or receiver two readers could see differently, and bytes that are none.
 * A refusal is the last answer of its connection, and the only one to its request.
 */

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type AppError, codeOf, invalid } from "../../core/errors.ts";
import { ASSERTION_HEADER } from "../../protocol/assertion.ts";
import { sayLast, wordsOf } from "./last-words.ts";

/** By these the end, the sender and the receiver of a request are known: whoever passes it on may not be told to leave them out. */
const NEVER_HOP_BY_HOP = new Set([
  "authorization",
  "content-length",
  "cookie",
  "forwarded",
  "host",
  "transfer-encoding",
  "x-real-ip",
  ASSERTION_HEADER,
]);
const USUAL_CONNECTION = /^(?:keep-alive|close|upgrade|keep-alive, upgrade)$/i;

/** Is this among what a Connection header may not name? `name` is in lower case. */
function isNeverHopByHop(name: string): boolean {
  return NEVER_HOP_BY_HOP.has(name) || name.startsWith("x-forwarded-");
}

/** The names of headers in the value of a Connection header, in lower case. */
export function namedByConnection(value: string | undefined): string[] {
  if (value === undefined || USUAL_CONNECTION.test(value)) return [];
  return value.split(",").map((token) => token.trim().toLowerCase());
}

/** Why a request with these headers is refused; undefined for all usual ones. */
export function refusalOf(headers: IncomingHttpHeaders): AppError | undefined {
  const { connection, "transfer-encoding": coding, "content-length": length } = headers;
  const named = namedByConnection(connection).find(isNeverHopByHop);
  if (named !== undefined) return invalid(`The header Connection may not name ${named}: it belongs to the request.`);
  // Node takes the chunks of any coding apart: passed on anew, nobody could tell any more what is in them.
  if (coding !== undefined && coding.toLowerCase() !== "chunked") return UNKNOWN_CODING;
  if (length !== undefined && !Number.isSafeInteger(Number(length)))
    return invalid("The header Content-Length is no length that a body can have.");
  return undefined;
}

const UNKNOWN_CODING = invalid("A body with this transfer coding is not taken; send it as it is, or in chunks.", {
  status: 501,
});

/** Of one server. */
export class Refusals {
  /** The answer that was asked for last on a connection, and the one before each. */
  readonly #latest = new WeakMap<Duplex, ServerResponse>();
  readonly #before = new WeakMap<ServerResponse, ServerResponse>();
  /** Connections on which one was refused: what comes behind it is not looked at. */
  readonly #ending = new WeakSet<Duplex>();

  /** May the role see this request? If not, nothing is left to do. */
  admits(request: IncomingMessage, response: ServerResponse): boolean {
    const { socket } = request;
    if (this.#ending.has(socket)) return false;
    const before = this.#latest.get(socket);
    if (before !== undefined && !before.writableFinished) this.#before.set(response, before);
    this.#latest.set(socket, response);
    const refusal = refusalOf(request.headers);
    if (refusal === undefined) return true;
    this.#ending.add(socket);
    request.on("error", () => {}); // its body may be malformed, too
    const body = `${refusal.message}\n`;
    const type = "text/plain; charset=utf-8";
    const headers = { "Content-Type": type, "Content-Length": Buffer.byteLength(body), Connection: "close" };
    response.writeHead(refusal.status, headers).end(request.method === "HEAD" ? undefined : body);
    return false;
  }

  /** The parser cannot go on: says so, unless what it broke off in is answered already. */
  malformed(error: Error, socket: Duplex): void {
    const latest = this.#latest.get(socket);
    this.#ending.add(socket);
    if (codeOf(error) === "ECONNRESET" || !socket.writable) return void socket.destroy();
    const status = codeOf(error) === "HPE_HEADER_OVERFLOW" ? 431 : 400;
    const refuse = () => sayLast(socket, wordsOf(status));
    if (latest === undefined || latest.writableFinished) {
      if (latest?.req.complete === false) sayLast(socket);
      else refuse();
    } else if (latest.req.complete)
      latest.once("finish", refuse); // what was asked before is answered first
    else if (latest.socket === null) this.#before.get(latest)?.once("finish", () => this.malformed(error, socket));
    else if (latest.headersSent) sayLast(socket);
    else refuse();
  }
}
