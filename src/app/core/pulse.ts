/** Whether the other end of a socket is still there: told by the browser at once, asked quickly while something was sent and nothing came. */

import type { Socket } from "socket.io-client";
import { type Pace, Patience } from "./patience.ts";

interface PulsePace extends Pace {
  /** So long after something was sent and nothing came, the other end is asked. */
  askAfterMs: number;
}

const PACE: PulsePace = { askAfterMs: 3_000, answerWithinMs: 4_000, mostMs: 20_000, slowBytesPerMs: 60 };

interface Pulse {
  /** Asks now, whatever was sent. */
  ask(): void;
}

/**
 * Ends a connection whose other end does not answer; the socket then tells its loss as any other. The pings of socket.io are half a minute
 * apart, in which whoever types would think that all is saved. `question` is an event that the other end acknowledges, known or not.
 */
export function feelPulse(socket: Socket, question: string, pace = PACE): Pulse {
  const patience = new Patience(pace);
  let heardAt = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = () => {
    timer = undefined;
    if (!socket.connected) return;
    const askedAt = performance.now();
    const { engine } = socket.io;
    socket.timeout(patience.forAnswer(askedAt)).emit(question, {}, (error: Error | null) => {
      if (socket.io.engine !== engine || !socket.connected) return; // it is over already
      if (error === null) return patience.answered(askedAt, performance.now());
      if (heardAt >= askedAt) return;
      patience.missed();
      engine.close();
    });
  };
  socket.io.on("open", () => {
    heardAt = performance.now();
    const { engine } = socket.io;
    engine.on("packetCreate", ({ data }: { data?: unknown }) => patience.sent(sizeOf(data), performance.now()));
    engine.on("packet", () => {
      heardAt = performance.now();
      clearTimeout(timer);
      timer = undefined;
    });
  });
  socket.on("disconnect", () => clearTimeout(timer));
  socket.onAnyOutgoing((event: string) => {
    if (event !== question) timer ??= setTimeout(ask, pace.askAfterMs);
  });
  return { ask };
}

/** Of a packet's data, text or bytes. */
function sizeOf(data: unknown): number {
  if (typeof data === "string") return data.length;
  return data instanceof ArrayBuffer || ArrayBuffer.isView(data) ? data.byteLength : 0;
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
