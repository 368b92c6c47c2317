/** One socket of a caller: its identity, what it is sent, and what has to be undone when it goes. */

import type { Socket } from "socket.io";
import type { ProjectEvents } from "../../../src/protocol/project-server.ts";
import type { Caller } from "../callers.ts";

export type ProjectSocket = Socket<Record<string, (...args: unknown[]) => void>, ProjectEvents>;

/** A socket whose reader does not keep up is closed at this many bytes; it comes back and asks for what it lacks. */
const MAX_UNSENT_BYTES = 64 * 1024 * 1024;
const MAX_UNSENT_PACKETS = 5_000;

export class Session {
  readonly id: string;
  readonly caller: Caller;
  readonly #socket: ProjectSocket;
  readonly #undos = new Map<string, () => void>();
  /** What waits in memory because the connection takes no more. */
  #unsent = { packets: 0, bytes: 0 };

  constructor(socket: ProjectSocket, caller: Caller) {
    this.id = socket.id;
    this.caller = caller;
    this.#socket = socket;
    socket.conn.on("packetCreate", ({ data }) => {
      this.#unsent.packets++;
      this.#unsent.bytes += (data as { length?: number } | undefined)?.length ?? 0; // text or bytes
    });
    socket.conn.on("flush", () => {
      this.#unsent = { packets: 0, bytes: 0 };
    });
    socket.on("disconnect", () => {
      for (const undo of this.#undos.values()) undo();
      this.#undos.clear();
    });
  }

  emit<E extends keyof ProjectEvents>(event: E, ...args: Parameters<ProjectEvents[E]>): void {
    if (this.#isClogged()) return void this.#socket.disconnect(true);
    this.#socket.emit(event, ...args);
  }

  /** Registers what happens when this socket is gone; once for each name. */
  onGone(name: string, undo: () => void): void {
    if (this.#socket.connected) this.#undos.set(name, undo);
    else undo();
  }

  #isClogged(): boolean {
    return this.#unsent.packets > MAX_UNSENT_PACKETS || this.#unsent.bytes > MAX_UNSENT_BYTES;
  }
}
