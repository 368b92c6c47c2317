/** A connection of its own, apart from the pool: its statements take turns, and whoever uses it is told once when it is lost. */

import pg from "pg";
import { asError } from "../core/errors.ts";
import { Turns } from "../core/turns.ts";
import { endClient, newClient, type OnLost } from "./client.ts";
import { GarbledError } from "./server-frames.ts";

interface ConnectionParts {
  config: pg.ClientConfig;
  onLost: OnLost;
}

/** States: made → connected → lost. It is never connected again: make another. */
export class Connection {
  readonly #client: pg.Client;
  readonly #onLost: OnLost;
  readonly #turns = new Turns();
  readonly #lost = Promise.withResolvers<never>();
  /** Channels that were listened to, or are about to be. */
  readonly #asked = new Set<string>();
  #isLost = false;

  constructor({ config, onLost }: ConnectionParts) {
    this.#onLost = onLost;
    this.#client = newClient(config, (why) => this.lose(why));
    this.#lost.promise.catch(() => {}); // it may be lost before anyone waits
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
      if (!(error instanceof pg.DatabaseError)) this.lose(asError(error));
      throw error;
    }
  }

  /** Hears what comes on `channel`, from the moment this resolves. */
  async listen(channel: string): Promise<void> {
    this.#asked.add(channel);
    await this.query(`LISTEN ${this.#client.escapeIdentifier(channel)}`);
  }

  /** The channels that the server says are listened to. */
  async channels(): Promise<Set<string>> {
    const rows = await this.query<{ channel: string }>("SELECT pg_listening_channels() AS channel");
    return new Set(rows.map(({ channel }) => channel));
  }

  onNotification(heard: (channel: string, payload: string) => void): void {
    this.#client.on("notification", ({ channel, payload }) => {
      if (this.#asked.has(channel)) heard(channel, payload ?? "");
      else this.lose(new GarbledError("a notification on a channel that nobody asked for"));
    });
  }

  async end(): Promise<void> {
    this.#forgo(new Error("it was ended"));
    await endClient(this.#client);
  }

  /** It is of no more use: nothing that it says is to be trusted. */
  lose(why: Error): void {
    if (!this.#isLost) this.#onLost(why, this.#client);
    this.#forgo(why);
  }

  #forgo(why: Error): void {
    this.#isLost = true;
    this.#lost.reject(why);
  }
}
