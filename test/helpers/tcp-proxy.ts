/** A TCP proxy with faults: it counts connections and can cut them, let them hang, garble them, or be away. It looks into nothing. */

import { connect, createServer, type Server, type Socket } from "node:net";
import { Transform } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Life } from "../../src/core/life.ts";

/** What can befall every connection, those that are open and those that come. */
export const faultKinds = ["reset", "cut", "half-close", "freeze", "delay", "refusal", "corruption"] as const;
export type FaultKind = (typeof faultKinds)[number];

/** The same numbers from 0 to 1 for the same seed. */
export type Random = () => number;

/** Both sides of one connection. */
interface Pair {
  near: Socket;
  far: Socket;
}

const MOST_DELAY_MS = 1_500;

/** Passes bytes between whoever connects to `port` on 127.0.0.1 and one upstream. */
export class TcpProxy {
  #upstream: { host: string; port: number };
  readonly #pairs = new Set<Pair>();
  #server: Server | undefined;
  #hanging = false;
  #bytesPerMs = Number.POSITIVE_INFINITY;
  #fault: { kind: FaultKind; random: Random; over: Promise<void>; heal: () => void } | undefined;
  port = 0;
  /** Connections accepted since it was opened. */
  accepted = 0;
  /** What the fault has met since it began: connections that it ended, and pieces of what they say. */
  struck = 0;

  constructor(upstream: { host: string; port: number }) {
    this.#upstream = upstream;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#pairs.size;
  }

  /** New connections go there. */
  toward(upstream: { host: string; port: number }): void {
    this.#upstream = upstream;
  }

  /** Listens, on the port it had before if there was one. */
  async up(): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
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
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
    this.#pairs.clear();
  }

  /** From now on a fault befalls every connection, until `heal`; `random` decides what and when within it. */
  async fault(kind: FaultKind, random: Random): Promise<void> {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    this.#fault = { kind, random, over, heal: resolve };
    this.struck = kind === "refusal" ? this.open : 0; // who is refused is not seen
    if (kind === "refusal") await this.down();
    for (const pair of this.#pairs) this.#strike(pair);
  }

  /** The fault is over: what was frozen goes on, what was ended stays so. */
  async heal(): Promise<void> {
    const wasAway = this.#fault?.kind === "refusal";
    this.#fault?.heal();
    this.#fault = undefined;
    if (wasAway) await this.up();
  }

  /** From now on no byte passes on the connections that are open; new ones work. */
  hangOpen(): void {
    for (const { near, far } of this.#pairs) {
      for (const socket of [near, far]) socket.unpipe().pause();
    }
  }

  /** From now on no byte passes at all, though connections are accepted, until `resume`. */
  hang(): void {
    this.#hanging = true;
    this.hangOpen();
  }

  /** From now on answers are kept back on the connections that are open; `deliver` brings them in one piece. */
  holdAnswers(): { held: () => string; deliver: () => void } {
    const kept = [...this.#pairs].map(({ near, far }) => {
      const chunks: Buffer[] = [];
      far.unpipe();
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

  /** From now on each direction of every connection takes so many bytes in a millisecond. */
  slow(bytesPerMs: number): void {
    this.#bytesPerMs = bytesPerMs;
  }

  /** New connections work again; those that hung go on hanging. */
  resume(): void {
    this.#hanging = false;
  }

  #accept(near: Socket): void {
    this.accepted++;
    const far = connect({ ...this.#upstream, allowHalfOpen: true });
    const pair = { near, far };
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on("error", end); // either side's loss is the other's
      socket.on("close", end);
    }
    if (this.#hanging) return;
    near.pipe(this.#way()).pipe(far);
    far.pipe(this.#way()).pipe(near);
    this.#strike(pair);
  }

  /** What befalls a connection at once; the rest befalls its bytes. */
  #strike({ near, far }: Pair): void {
    const kind = this.#fault?.kind;
    if (kind === "reset" || kind === "cut" || kind === "half-close") this.struck += 1;
    if (kind === "reset") near.resetAndDestroy();
    if (kind === "cut") near.destroySoon();
    if (kind === "half-close") {
      far.unpipe();
      far.resume(); // what the server still says is lost
      near.end();
    }
  }

  /** One direction of one connection. */
  #way(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.#befall(chunk).then((bytes) => done(null, bytes), done);
      },
    });
  }

  async #befall(chunk: Buffer): Promise<Buffer> {
    const fault = this.#fault;
    if (fault !== undefined) this.struck += 1;
    if (Number.isFinite(this.#bytesPerMs)) await sleep(chunk.length / this.#bytesPerMs);
    if (fault?.kind === "freeze") await fault.over;
    if (fault?.kind === "delay") {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, fault.random() * MOST_DELAY_MS);
      await Promise.race([promise, fault.over]);
      clearTimeout(timer);
    }
    return fault?.kind === "corruption" ? garbled(chunk, fault.random) : chunk;
  }
}

/** About one byte in a hundred is another, and at least one. */
function garbled(chunk: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(chunk);
  for (let left = 1 + Math.floor(bytes.length / 100); left > 0; left -= 1) {
    const at = Math.floor(random() * bytes.length);
    bytes[at] = Math.floor(random() * 256);
  }
  return bytes;
}

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Opens a proxy to one address, gone with the life. */
export async function openTcpProxy(life: Life, upstream: { host: string; port: number }): Promise<TcpProxy> {
  const proxy = new TcpProxy(upstream);
  await proxy.up();
  life.defer("TCP proxy", async () => {
    await proxy.heal();
    await proxy.down();
  });
  return proxy;
}
