/** By whom each socket was opened, and how many may be: without WebSocket it is many requests, and each has to come from the very same. */

import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Server as Engine, Socket as EngineSocket } from "engine.io";
import { AppError, unavailable } from "../../../src/core/errors.ts";
import { Tally } from "../../../src/core/tally.ts";
import { may } from "../../../src/protocol/project-rights.ts";
import type { Caller } from "../callers.ts";

interface Opened {
  caller: Caller;
  end: () => void;
}

/** Sockets of all together, of those who only read, and of one person: nobody keeps others out, and readers nobody who works here. */
const MOST = { all: 500, reading: 400, ofOne: 100 };

export class Openers {
  /** By the id that later requests name as `sid`. */
  readonly #open = new Map<string, Opened>();
  readonly #byPerson = new Tally();
  readonly #reading = new Tally();

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
      const leave = this.#count(caller);
      socket.once("close", () => {
        this.#open.delete(id);
        leave();
      });
    });
  }

  /** @throws AppError `unavailable` where no more sockets are opened for this caller. */
  checkRoom({ sub, role }: Caller): void {
    const isFull = this.#byPerson.size >= MOST.all || (!may(role, "write") && this.#reading.size >= MOST.reading);
    if (isFull) throw unavailable("This project has as many connections as it takes; try again in a moment.");
    if (this.#byPerson.of(sub) >= MOST.ofOne)
      throw unavailable(`You have ${MOST.ofOne} connections to this project; close some tabs.`);
  }

  /** Ends all at once: without WebSocket each would wait half a minute for its next request. */
  endAll(): void {
    for (const { end } of [...this.#open.values()]) end();
  }

  #count({ sub, role }: Caller): () => void {
    const left = [this.#byPerson.add(sub), ...(may(role, "write") ? [] : [this.#reading.add(sub)])];
    return () => {
      for (const leave of left) leave();
    };
  }

  /** @throws AppError `gone` where the socket was opened by somebody else, or by the same as something else in the project: then it ends. */
  check(sid: string, { sub, role }: Caller): void {
    const opened = this.#open.get(sid);
    if (opened === undefined || (opened.caller.sub === sub && opened.caller.role === role)) return;
    if (opened.caller.sub === sub) opened.end();
    throw new AppError("gone", "This connection was opened as somebody else; open another one.");
  }
}
