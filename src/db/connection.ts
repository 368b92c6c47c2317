/** A connection of its own, apart from the pool: its loss is always heard, and its end never waits for a server that hangs. */

import pg from "pg";
import { asError } from "../core/errors.ts";
import { Turns } from "../core/turns.ts";

/** How long a server may take to say goodbye. */
const GOODBYE_MS = 500;

/**
 * A client of `pg` that is not connected yet; every one is made here. The server may end a connection at any moment, also while nobody
 * listens: `pg` then emits an error, which would end the process. Whoever uses the client learns of it by the next statement.
 */
export function newClient(config: pg.ClientConfig): pg.Client {
  const client = new pg.Client(config);
  hear(client);
  return client;
}

/** Takes a client's errors for as long as it lives, whoever else listens to it or not. */
export function hear(client: pg.ClientBase): void {
  client.on("error", () => {});
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

/** `pg` keeps the socket private; a hung server would otherwise hold it open. */
function destroySocket(client: pg.Client): void {
  const { connection } = client as unknown as { connection?: { stream?: { destroy(): void } } }; // not in its types
  connection?.stream?.destroy();
}

/** States: made → connected → lost. It is never connected again: make another. */
export class Connection {
  readonly #client: pg.Client;
  readonly #turns = new Turns();
  readonly #lost = Promise.withResolvers<never>();
  #isLost = false;

  constructor(config: pg.ClientConfig) {
    this.#client = newClient(config);
    this.#lost.promise.catch(() => {}); // it may be lost before anyone waits
    this.#client.on("error", (error) => this.#lose(error));
    this.#client.on("end", () => this.#lose(new Error("the server ended it")));
  }

  /** Rejects with why the connection was lost, and does nothing else. */
  get lost(): Promise<never> {
    return this.#lost.promise;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  async connect(): Promise<void> {
    await this.#client.connect();
  }

  /** Statements run one after the other: `pg` asks for that. A server that does not answer one is lost, and those that wait fail with it. */
  async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const ask = () => (this.#isLost ? this.lost : this.#client.query<Row>(sql, values));
    try {
      return (await this.#turns.take(ask)).rows;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) this.#lose(asError(error));
      throw error;
    }
  }

  /** Hears what comes on `channel`, from the moment this resolves. */
  async listen(channel: string): Promise<void> {
    await this.query(`LISTEN ${this.#client.escapeIdentifier(channel)}`);
  }

  onNotification(heard: (channel: string, payload: string) => void): void {
    this.#client.on("notification", ({ channel, payload }) => heard(channel, payload ?? ""));
  }

  async end(): Promise<void> {
    this.#lose(new Error("it was ended"));
    await endClient(this.#client);
  }

  #lose(why: Error): void {
    this.#isLost = true;
    this.#lost.reject(why);
  }
}
