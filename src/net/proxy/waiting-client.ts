/** A client that waits for the answer to its upgrade, and has nothing to say until then. */

import type { Duplex } from "node:stream";

const MOST_KEPT_BYTES = 65_536;

/**
 * Notices that the client ends its side, which nobody notices who does not read: whoever does that before it is joined is gone, and its
 * socket is destroyed. Until the returned function is called; what was said meanwhile is read after that.
 */
export function endWhenGone(socket: Duplex): () => void {
  let kept: Buffer[] = [];
  let size = 0;
  const onData = (chunk: Buffer) => {
    kept.push(chunk);
    size += chunk.length;
    if (size > MOST_KEPT_BYTES) socket.pause(); // then its end is noticed later
  };
  const onEnd = () => void socket.destroy();
  socket.on("data", onData).on("end", onEnd);
  return () => {
    socket.off("data", onData).off("end", onEnd).pause();
    if (kept.length > 0 && !socket.destroyed) socket.unshift(Buffer.concat(kept));
    kept = [];
  };
}
