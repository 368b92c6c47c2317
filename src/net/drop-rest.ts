/** What follows an answer that came before its whole request: the rest is read and dropped. */

import type { HttpRequest } from "./http-message.ts";

/** Who sends nothing for so long, or sends for so long in all, is cut off; in ms. */
const MOST_SILENT_MS = 2_000;
const LONGEST_MS = 30_000;

/**
 * Reads on until the request is whole, so that its answer arrives: a system that closes a connection with bytes unread resets it, and the other side may
 * lose the answer then (RFC 9112 §9.6). Call it when the answer is given, which must not say `Connection: close`, for Node would close at once.
 */
export function dropRest(request: HttpRequest): void {
  if (request.complete) return;
  const { socket } = request;
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
