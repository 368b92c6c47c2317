/** The browser's one connection to the server of an open project: requests and events of terminals, documents and status. */

import { io, type Socket } from "socket.io-client";
import type { z } from "zod";
import type {
  ProjectAnswer,
  ProjectAnswers,
  ProjectEvents,
  ProjectRequestName,
  projectRequests,
} from "../../protocol/project-socket.ts";
import { feelPulse, onNetwork } from "./pulse.ts";
import { Reconnect } from "./reconnect.ts";
import { offlineError, RequestError } from "./request-error.ts";
import { Store } from "./store.ts";

export type ProjectRequest<N extends ProjectRequestName> = z.input<(typeof projectRequests)[N]>;
type Requests = {
  [N in ProjectRequestName]: (body: ProjectRequest<N>, answer: (result: ProjectAnswer<N>) => void) => void;
};
type ProjectSocket = Socket<ProjectEvents, Requests>;
export type ProjectEventName = keyof ProjectEvents;

export type ConnectionStatus = "idle" | "connecting" | "online" | "offline";

const ANSWER_WITHIN_MS = 20_000;
/** A project that was left stays connected for this long at most, for what is still to be sent. */
const LEFT_OPEN_MS = 60_000;

export interface ProjectConnectionOptions {
  /** Origin of the site; absent: the page's own. */
  origin?: string;
  path: string;
  /** Headers of the handshake, outside a browser. */
  headers?: Record<string, string>;
}

/**
 * States: idle (the project does not run) → connecting → online ⇄ offline. `open` while the project runs, `rest` when it does not; what
 * subscribes to `status` opens its terminals and documents anew whenever it becomes online.
 */
export class ProjectConnection {
  readonly status = new Store<ConnectionStatus>("idle");
  /** The server said that it is about to stop. */
  readonly stopping = new Store(false);
  readonly hello = new Store<Parameters<ProjectEvents["hello"]>[0] | undefined>(undefined);
  readonly #socket: ProjectSocket;
  readonly #reconnect: Reconnect;
  readonly #pulse: { ask(): void };
  readonly #holds = new Set<symbol>();
  #wanted = false;
  #forgetNetwork: () => void = () => {};
  #leaveTimer: ReturnType<typeof setTimeout> | undefined;

  constructor({ origin, path, headers }: ProjectConnectionOptions) {
    const settings = {
      path,
      transports: ["websocket"],
      autoConnect: false,
      forceNew: true,
      reconnection: false, // its back-off begins anew with every connection, also with one that is ended at once
      ...(headers && { extraHeaders: headers }),
    };
    this.#socket = origin === undefined ? io(settings) : io(origin, settings);
    this.#reconnect = new Reconnect(this.#socket, { firstMs: 300, maxMs: 15_000 });
    this.#pulse = feelPulse(this.#socket as unknown as Socket, "servers"); // whatever the events; what every release answers at once
    this.#listen();
  }

  /** Connects and stays connected. */
  open(): void {
    this.#stay();
    if (this.#wanted) return;
    this.#wanted = true;
    this.#forgetNetwork = onNetwork({
      online: () => {
        this.#reconnect.soon();
        this.#pulse.ask();
      },
      offline: () => this.#pulse.ask(),
    });
    this.stopping.set(false);
    this.status.set("connecting");
    this.#socket.connect();
  }

  /** Keeps a project that is left connected until the returned function is called: there is something to be sent. */
  hold(): () => void {
    const mine = Symbol("hold");
    this.#holds.add(mine);
    return () => {
      this.#holds.delete(mine);
      if (this.#leaveTimer !== undefined && this.#holds.size === 0) this.rest();
    };
  }

  /** Rests as soon as nobody holds it, and after a while in any case. */
  leave(): void {
    if (this.#holds.size === 0) this.rest();
    else this.#leaveTimer ??= setTimeout(() => this.rest(), LEFT_OPEN_MS);
  }

  /** Lets go until `open` is called again. */
  rest(): void {
    this.#stay();
    this.#wanted = false;
    this.#forgetNetwork();
    this.#socket.disconnect();
    this.#reconnect.rest();
    this.status.set("idle");
  }

  /** Asks the project's server. @throws RequestError, `offline` when there is no connection. */
  async request<N extends ProjectRequestName>(name: N, body: ProjectRequest<N>): Promise<ProjectAnswers[N]> {
    if (!this.#socket.connected) throw offlineError("The project's server cannot be reached now.");
    const socket = this.#socket.timeout(ANSWER_WITHIN_MS);
    const emit = socket.emitWithAck.bind(socket) as unknown as (
      n: N,
      b: ProjectRequest<N>,
    ) => Promise<ProjectAnswer<N>>; // one name at a time, where socket.io's type wants the union
    const answer = await emit(name, body).catch(() => {
      throw offlineError("The project's server did not answer.");
    });
    if (!answer.ok) throw new RequestError(answer);
    return answer;
  }

  /** Listens to an event until the returned function is called. */
  on<N extends ProjectEventName>(name: N, listener: ProjectEvents[N]): () => void {
    const socket = this.#socket as unknown as {
      on(name: N, listener: ProjectEvents[N]): void;
      off(name: N, listener: ProjectEvents[N]): void;
    }; // one name at a time, as above
    socket.on(name, listener);
    return () => socket.off(name, listener);
  }

  #stay(): void {
    clearTimeout(this.#leaveTimer);
    this.#leaveTimer = undefined;
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on("connect", () => this.status.set("online"));
    const lost = () => {
      if (!this.#wanted) return;
      this.status.set("offline");
      this.#reconnect.lost();
    };
    socket.on("disconnect", lost);
    socket.on("connect_error", lost);
    socket.on("hello", (hello) => {
      this.#reconnect.works();
      this.stopping.set(false);
      this.hello.set(hello);
    });
    socket.on("stopping", () => this.stopping.set(true));
  }
}
