/** Whether the other end of a socket is still there: told by the browser at once, asked quickly while something was sent and nothing came. */

import type { Socket } from "socket.io-client";

/** So long after something was sent and nothing came, the other end is asked. */
const ASK_AFTER_MS = 3_000;
/** And so long it may take to answer. */
const ANSWER_WITHIN_MS = 4_000;

interface Pulse {
  /** Asks now, whatever was sent. */
  ask(): void;
}

/**
 * Ends a connection whose other end does not answer; the socket then tells its loss as any other. The pings of socket.io are half a minute
 * apart, in which whoever types would think that all is saved. `question` is an event that the other end acknowledges, known or not.
 */
export function feelPulse(socket: Socket, question: string): Pulse {
  let heardAt = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = () => {
    timer = undefined;
    if (!socket.connected) return;
    const askedAt = performance.now();
    const { engine } = socket.io;
    socket.timeout(ANSWER_WITHIN_MS).emit(question, {}, (error: Error | null) => {
      if (error !== null && heardAt < askedAt && socket.io.engine === engine) engine.close();
    });
  };
  socket.on("connect", () => {
    heardAt = performance.now();
    socket.io.engine.on("packet", () => {
      heardAt = performance.now();
      clearTimeout(timer);
      timer = undefined;
    });
  });
  socket.on("disconnect", () => clearTimeout(timer));
  socket.onAnyOutgoing((event: string) => {
    if (event !== question) timer ??= setTimeout(ask, ASK_AFTER_MS);
  });
  return { ask };
}

/** What the browser says of its network; nothing outside of one. Listens for as long as the page lives. */
export function onNetwork({ online, offline }: { online: () => void; offline: () => void }): () => void {
  if (typeof window === "undefined") return () => {};
  window.addEventListener("online", online);
  window.addEventListener("offline", offline);
  return () => {
    window.removeEventListener("online", online);
    window.removeEventListener("offline", offline);
  };
}
