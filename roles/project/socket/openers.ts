/** By whom each socket was opened: without WebSocket it is many requests, and each has to come from the very same. */

import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Server as Engine, Socket as EngineSocket } from "engine.io";
import { AppError } from "../../../src/core/errors.ts";
import type { Caller } from "../callers.ts";

interface Opened {
  caller: Caller;
  end: () => void;
}

export class Openers {
  /** By the id that later requests name as `sid`. */
  readonly #open = new Map<string, Opened>();

  /** `callerOf` knows who sent a request that was admitted. */
  constructor(engine: Engine, callerOf: (request: IncomingMessage) => Caller | undefined) {
    const ids = new WeakMap<IncomingMessage, string>();
    engine.generateId = (request) => {
      const id = randomBytes(15).toString("base64url");
      ids.set(request, id);
      return id;
    };
    engine.on("connection", (socket: EngineSocket) => {
      const [id, caller] = [ids.get(socket.request), callerOf(socket.request)];
      if (id === undefined || caller === undefined) return; // nobody gets here who was not admitted
      this.#open.set(id, { caller, end: () => socket.close(true) });
      socket.once("close", () => this.#open.delete(id));
    });
  }

  /** @throws AppError `gone` where the socket was opened by somebody else, or by the same as something else in the project: then it ends. */
  check(sid: string, { sub, role }: Caller): void {
    const opened = this.#open.get(sid);
    if (opened === undefined || (opened.caller.sub === sub && opened.caller.role === role)) return;
    if (opened.caller.sub === sub) opened.end();
    throw new AppError("gone", "This connection was opened as somebody else; open another one.");
  }
}
