/** What follows an answer that came before its whole request: the rest is read and dropped. */

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { HttpRequest, HttpResponse } from "../http-message.ts";

/** Who sends nothing for so long, or sends for so long in all, is cut off; in ms. */
const MOST_SILENT_MS = 2_000;
const LONGEST_MS = 30_000;

/** Whoever forwards and whoever answers errors may both call. */
const dropping = new WeakSet<HttpRequest>();

/**
 * Reads on until the request is whole, so that its answer arrives: a system that closes a connection with bytes unread resets it, and the other side may
 * lose the answer then (RFC 9112 §9.6). Call it when the answer is given, which must not say `Connection: close`, for Node would close at once.
 * A request that was destroyed cannot be read on: its connection ends behind the answer.
 */
export function dropRest(request: HttpRequest, response: HttpResponse): void {
  if (request.complete || dropping.has(request)) return;
  dropping.add(request);
  const socket = request.socket as Socket | null; // Node's types do not say that a destroyed request has none
  if (socket === null) return void response.socket?.destroySoon();
  const cutOff = () => socket.destroySoon();
  const silent = setTimeout(cutOff, MOST_SILENT_MS);
  const longest = setTimeout(cutOff, LONGEST_MS);
  const stop = () => {
    clearTimeout(silent);
    clearTimeout(longest);
    socket.off("close", stop);
  };
  socket.once("close", stop);
  request.on("end", stop);
  request.on("data", () => void silent.refresh());
  request.resume();
}

/** A request's body, which may be read in part: Node's own iterator destroys the request of whoever breaks off, and `dropRest` has nothing to read then. */
export function bodyOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>; // no encoding is set
}
