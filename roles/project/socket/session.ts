/** One socket of a caller: its identity, what it is sent, and what has to be undone when it goes. */

import type { Socket } from "socket.io";
import { TokenBucket } from "../../../src/core/token-buckets.ts";
import { cutOffWhenBehind, type MostUnsent } from "../../../src/net/serve/cut-off-when-behind.ts";
import type { ProjectEvents } from "../../../src/protocol/project-socket.ts";
import type { Caller } from "../callers.ts";
import { CURSOR_BYTES } from "../documents/paced-cursors.ts";

export type ProjectSocket = Socket<Record<string, (...args: unknown[]) => void>, ProjectEvents>;

/** Much, since a document typed in for long comes at once. */
const MOST_UNSENT: MostUnsent = { bytes: 64 * 1024 * 1024, packets: 5_000 };

export class Session {
  readonly id: string;
  readonly caller: Caller;
  /** Of all documents that it has open. */
  readonly cursorBudget = new TokenBucket(CURSOR_BYTES);
  readonly #socket: ProjectSocket;
  readonly #undos = new Map<string, () => void>();

  constructor(socket: ProjectSocket, caller: Caller) {
    this.id = socket.id;
    this.caller = caller;
    this.#socket = socket;
    cutOffWhenBehind(socket.conn, MOST_UNSENT);
    socket.on("disconnect", () => {
      for (const undo of this.#undos.values()) undo();
      this.#undos.clear();
    });
  }

  emit<E extends keyof ProjectEvents>(event: E, ...args: Parameters<ProjectEvents[E]>): void {
    this.#socket.emit(event, ...args);
  }

  /** Registers what happens when this socket is gone; once for each name. */
  onGone(name: string, undo: () => void): void {
    if (this.#socket.connected) this.#undos.set(name, undo);
    else undo();
  }
}
