/** Clients of `pg`, all of them: they read nothing that is not a server's, their loss is always heard, and their end waits for no server that hangs. */

import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import pg from "pg";
import { messageOf } from "../core/errors.ts";
import { GarbledError, ServerFrames } from "./server-frames.ts";

/** How long a connection may take to be made. */
const CONNECT_MS = 5_000;
/** How long a statement may take where nothing else is said: a server that is frozen keeps nobody waiting for ever. */
const STATEMENT_MS = 60_000;
/** How long a server may take to say goodbye. */
const GOODBYE_MS = 500;

/** Told once of each connection that broke, and of one that was garbled while it was being made. */
export type OnLost = (why: Error, client: pg.ClientBase) => void;

/**
 * A client of `pg` that is not connected yet; every one is made here, or by `clientClass`. The server may end a connection at any moment, also
 * while nobody listens: `pg` then emits an error, which would end the process. Whoever uses the client learns of it by the next statement.
 */
export function newClient(config: pg.ClientConfig, onLost?: OnLost): pg.Client {
  const client = new pg.Client({ connectionTimeoutMillis: CONNECT_MS, query_timeout: STATEMENT_MS, ...config });
  guard(client, onLost);
  return client;
}

/** What the pool makes its clients of, as `newClient` would. */
export function clientClass(onLost: OnLost) {
  return class GuardedClient extends pg.Client {
    constructor(config?: pg.ClientConfig) {
      super(config);
      guard(this, onLost);
    }
  };
}

/** What `pg` keeps to itself and we rely on; the tests of garbled connections fail where it changes. */
interface PgConnection extends EventEmitter {
  stream: Duplex;
  /** Given the stream of decrypted bytes: the socket itself or TLS on it. */
  attachListeners(stream: EventEmitter): void;
}

function connectionOf(client: pg.ClientBase): PgConnection {
  return (client as unknown as { connection: PgConnection }).connection; // not in its types
}

/** Takes a client's errors for as long as it lives, whoever else listens to it or not, and lets it read nothing that is not a server's. */
function guard(client: pg.Client, onLost: OnLost = () => {}): void {
  const connection = connectionOf(client);
  const attach = connection.attachListeners.bind(connection);
  connection.attachListeners = (stream) => attach(checked(stream as Duplex)); // the only one that `pg` gives it
  let isConnected = false;
  client.once("connect", () => {
    isConnected = true;
  });
  // `pg` tells whoever connects that it failed, and leaves the socket open.
  connection.on("errorMessage", () => {
    if (!isConnected) destroySocket(client);
  });
  let isLost = false;
  const lose = (why: Error) => {
    if (!isLost) onLost(why, client);
    isLost = true;
  };
  connection.on("error", (error: Error) => {
    destroySocket(client);
    if (isConnected || error instanceof GarbledError) lose(error);
  });
  client.on("error", (error) => {
    destroySocket(client); // it said something out of turn
    lose(error);
  });
}

/** What `pg` shall read of a stream: whole messages that are well-formed. The first other byte ends the connection, and so does whatever reading throws. */
function checked(stream: Duplex): EventEmitter {
  const passed = new EventEmitter();
  const frames = new ServerFrames();
  stream.on("data", (chunk: Buffer) => {
    if (stream.destroyed) return;
    try {
      const whole = frames.take(chunk);
      if (whole !== undefined) passed.emit("data", whole);
    } catch (error) {
      stream.destroy(error instanceof GarbledError ? error : new GarbledError(messageOf(error), { cause: error }));
    }
  });
  return passed;
}

/** Ends a client without waiting for a server that may be hung. */
export async function endClient(client: pg.Client): Promise<void> {
  const ended = client.end().catch(() => {}); // broken connections cannot say goodbye
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, GOODBYE_MS);
  await Promise.race([ended, promise]);
  clearTimeout(timer);
  destroySocket(client);
}

/** Ends a connection that is in trouble, without a goodbye: its statements fail at once, and those that are still asked for. */
export function destroySocket(client: pg.ClientBase): void {
  connectionOf(client).stream.destroy();
}
