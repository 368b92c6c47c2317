/** A TCP proxy with faults: it counts connections and can cut them, let them hang, or be away. It looks into nothing. */

import { connect, createServer, type Server, type Socket } from "node:net";
import type { Life } from "../../src/core/life.ts";

/** Passes bytes between whoever connects to `port` on 127.0.0.1 and one upstream. */
export class TcpProxy {
  readonly #upstream: { host: string; port: number };
  readonly #pairs = new Set<[Socket, Socket]>();
  #server: Server | undefined;
  #hanging = false;
  port = 0;
  /** Connections accepted since it was opened. */
  accepted = 0;

  constructor(upstream: { host: string; port: number }) {
    this.#upstream = upstream;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Listens, on the port it had before if there was one. */
  async up(): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject);
    server.listen(this.port, "127.0.0.1", resolve);
    await promise;
    const address = server.address();
    if (typeof address === "object" && address) this.port = address.port;
    this.#server = server;
  }

  /** Stops listening and resets every connection: the server has died. */
  async down(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#server) this.#server.close(() => resolve());
    else resolve();
    this.#server = undefined;
    this.cut();
    await promise;
  }

  /** Resets every connection (TCP RST). */
  cut(): void {
    for (const [near, far] of this.#pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
    this.#pairs.clear();
  }

  /** From now on no byte passes on the connections that are open; new ones work. */
  hangOpen(): void {
    for (const pair of this.#pairs) {
      for (const socket of pair) socket.unpipe().pause();
    }
  }

  /** From now on no byte passes at all, though connections are accepted, until `resume`. */
  hang(): void {
    this.#hanging = true;
    this.hangOpen();
  }

  /** From now on answers are kept back on the connections that are open; `deliver` brings them in one piece. */
  holdAnswers(): { held: () => string; deliver: () => void } {
    const kept = [...this.#pairs].map(([near, far]) => {
      const chunks: Buffer[] = [];
      far.unpipe(near);
      far.removeAllListeners("close"); // its last words are still to be delivered
      far.on("data", (chunk: Buffer) => chunks.push(chunk)).resume();
      return { near, chunks };
    });
    return {
      held: () => kept.map(({ chunks }) => Buffer.concat(chunks).toString("latin1")).join(""),
      deliver: () => {
        for (const { near, chunks } of kept) near.end(Buffer.concat(chunks));
      },
    };
  }

  /** New connections work again; those that hung go on hanging. */
  resume(): void {
    this.#hanging = false;
  }

  #accept(near: Socket): void {
    this.accepted++;
    const far = connect(this.#upstream);
    const pair: [Socket, Socket] = [near, far];
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on("error", end); // either side's loss is the other's
      socket.on("close", end);
    }
    if (this.#hanging) return;
    near.pipe(far);
    far.pipe(near);
  }
}

/** Opens a proxy to one address, gone with the life. */
export async function openTcpProxy(life: Life, upstream: { host: string; port: number }): Promise<TcpProxy> {
  const proxy = new TcpProxy(upstream);
  await proxy.up();
  life.defer("TCP proxy", () => proxy.down());
  return proxy;
}
