/**
 * Listens before the program is loaded, so that nobody is refused meanwhile: connections wait, unread, until an HTTP server takes them.
 * Imports nothing of ours, to be there at once.
 */

import { createServer, type Server, type Socket } from "node:net";

interface Address {
  host: string;
  port: number;
}

/** As many as a project's server takes at all; further ones are closed. What they send waits in the kernel, which bounds it. */
const MAX_WAITING = 2_000;

/** States: holding → taken. While it holds, connections are accepted and nothing is read of them; once taken, its port is the server's. */
export class EarlyListener {
  readonly #listener: Server;
  readonly #address: Address;
  readonly #waiting = new Set<Socket>();

  private constructor(listener: Server, address: Address) {
    this.#listener = listener;
    this.#address = address;
    listener.on("connection", (socket) => this.#hold(socket));
  }

  /** Listens; undefined when it cannot: whoever listens later is told why then. */
  static async open(address: Address, maxWaiting = MAX_WAITING): Promise<EarlyListener | undefined> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    // For the sockets that wait, what `node:http` would have chosen, and serveHttp.
    const options = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 };
    const listener = createServer({ ...options, pauseOnConnect: true });
    listener.maxConnections = maxWaiting;
    listener.on("error", () => resolve(false));
    const early = new EarlyListener(listener, address);
    listener.listen({ ...address, backlog: 2_048 }, () => resolve(true));
    return (await promise) ? early : undefined;
  }

  /** Connections that wait now. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether this is the address that was asked for at the start. */
  isAt({ host, port }: Address): boolean {
    return this.#address.host === host && this.#address.port === port;
  }

  /** Gives a server the port, from now on, and then the connections that wait. Its `listening` is emitted before them. */
  give(server: Server, backlog: number): void {
    server.once("listening", () => {
      for (const socket of this.#waiting) {
        server.emit("connection", socket);
        socket.resume();
      }
      this.#waiting.clear();
    });
    server.listen(this.#listener, backlog);
  }

  #hold(socket: Socket): void {
    this.#waiting.add(socket);
    const drop = () => void this.#waiting.delete(socket);
    socket.once("close", drop).once("error", drop);
  }
}
