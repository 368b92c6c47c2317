/** The socket.io server of the project: given its requests by the HTTP server, it knows each socket's caller from the first one. */

import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { Server as Engine } from "engine.io";
import { Server } from "socket.io";
import type { Life } from "../../../src/core/life.ts";
import type { Logger } from "../../../src/core/log.ts";
import { splitTarget } from "../../../src/core/request-target.ts";
import { boundedParser } from "../../../src/net/serve/socket-parser.ts";
import type { ProjectEvents } from "../../../src/protocol/project-socket.ts";
import type { Caller } from "../callers.ts";
import { Openers } from "./openers.ts";
import { answerRequests, type Handlers } from "./requests.ts";
import { Session } from "./session.ts";

/** Bytes of one message: a document typed in for long without a connection comes at once. */
const MAX_MESSAGE = 24 * 1024 * 1024;

type EngineRequest = Parameters<Engine["handleRequest"]>[0];

interface Options {
  handlers: Handlers;
  log: Logger;
  hello: { project_id: string; home: string };
}

export interface SocketServer {
  request(caller: Caller, request: IncomingMessage, response: ServerResponse): void;
  upgrade(caller: Caller, request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Tells every socket. */
  tell<E extends keyof ProjectEvents>(event: E, ...args: Parameters<ProjectEvents[E]>): void;
  /** Whose sockets these are, or all that there are: each person once. */
  people(socketIds?: readonly string[]): Caller[];
  /** Ends all sockets: before the HTTP server whose connections they are. */
  close(): Promise<void>;
}

/** Opens it; on draining every socket is told `stopping`; whoever opened it closes it. */
export function openSocketServer(life: Life, { handlers, log, hello }: Options): SocketServer {
  const boot = randomBytes(8).toString("hex");
  const callers = new WeakMap<IncomingMessage, Caller>();
  const engine = new Engine({
    maxHttpBufferSize: MAX_MESSAGE,
    pingInterval: 20_000,
    pingTimeout: 20_000,
    perMessageDeflate: false,
  });
  const sessions = new Map<string, Caller>();
  const openers = new Openers(engine, (request) => callers.get(request));
  const io = new Server<Record<string, (...args: unknown[]) => void>, ProjectEvents>({
    serveClient: false,
    parser: boundedParser({ attachments: 1 }), // a change of a document
  });
  io.bind(engine);
  io.on("connection", (socket) => {
    const caller = callers.get(socket.request);
    if (caller === undefined) return void socket.disconnect(true); // every way in goes through admit
    const session = new Session(socket, caller);
    sessions.set(session.id, caller);
    socket.once("disconnect", () => sessions.delete(session.id));
    answerRequests(socket, { session, handlers, log });
    session.emit("hello", { ...hello, boot, account_id: caller.sub, name: caller.name });
  });
  life.onDrain("project sockets", () => void io.emit("stopping"));
  const admit = (caller: Caller, request: IncomingMessage) => {
    const query = Object.fromEntries(new URLSearchParams(splitTarget(request.url).search));
    if (query.sid) openers.check(query.sid, caller);
    else openers.checkRoom(caller);
    callers.set(request, caller);
    // engine.io adds its fields itself, but for this one: of two readings of a query that names two sockets, one would not be checked
    return Object.assign(request as EngineRequest, { _query: query });
  };
  return {
    request: (caller, request, response) => void engine.handleRequest(admit(caller, request), response),
    upgrade: (caller, request, socket, head) => engine.handleUpgrade(admit(caller, request), socket, head),
    tell: (event, ...args) => void io.emit(event, ...args),
    people: (ids = [...sessions.keys()]) => {
      const callers = ids.flatMap((id) => sessions.get(id) ?? []);
      return [...new Map(callers.map((caller) => [caller.sub, caller])).values()];
    },
    close: async () => {
      io.disconnectSockets(true);
      openers.endAll();
      await io.close();
    },
  };
}
