/** The one LISTEN connection of a process: heartbeat, jittered reconnect, and word to every consumer that it may have missed something. */

import pg from "pg";
import { Backoff } from "../core/backoff.ts";
import { sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import { counter, gauge, type Metrics } from "../core/metrics.ts";
import { Turns } from "../core/turns.ts";

export interface Subscription {
  channels: string[];
  /** A notification: which channel, which key. */
  onNotify: (key: string, channel: string) => void;
  /** Notifications may have been lost: reread everything. Called after the first connection, too. */
  onMissed: () => void;
}

/** How often the connection is tried, and how long an answer may take before the server counts as hung. */
export interface Heartbeat {
  heartbeatMs: number;
  heartbeatTimeoutMs: number;
}

interface ListenerParts {
  connection: pg.ClientConfig;
  log: Logger;
  metrics: Metrics;
  heartbeat?: Heartbeat | undefined;
}

const HEARTBEAT: Heartbeat = { heartbeatMs: 15_000, heartbeatTimeoutMs: 10_000 };

/**
 * States: unused (nobody subscribed, no connection) → connecting ⇄ listening. Handlers are attached before LISTEN, every wanted channel is
 * listened to before anyone is told `missed`, and the backoff is reset only then. A heartbeat that gets no answer closes the connection.
 */
export class Listener {
  readonly #parts: ListenerParts;
  readonly #life: Life;
  readonly #heartbeat: Heartbeat;
  readonly #turns = new Turns();
  readonly #subscriptions = new Set<Subscription>();
  readonly #reconnects;
  readonly #connected;
  #client: pg.Client | undefined;
  #listening = new Set<string>();
  #started = false;

  constructor(life: Life, parts: ListenerParts) {
    this.#life = life;
    this.#parts = parts;
    this.#heartbeat = parts.heartbeat ?? HEARTBEAT;
    this.#reconnects = counter(parts.metrics, {
      name: "cocalc_db_listen_connections_total",
      help: "Times the LISTEN connection was made.",
    });
    this.#connected = gauge(parts.metrics, {
      name: "cocalc_db_listen_connected",
      help: "1 while the LISTEN connection is up.",
    });
  }

  /** Adds a consumer until its life ends; resolves when its channels are listened to, or at once if the server is away (it will be told). */
  async subscribe(life: Life, subscription: Subscription): Promise<void> {
    this.#subscriptions.add(subscription);
    life.defer("subscription", () => {
      this.#subscriptions.delete(subscription);
    });
    if (!this.#started) {
      this.#started = true;
      this.#life.run("listener", (signal) => this.#keepListening(signal));
      return;
    }
    if (this.#client === undefined) return;
    try {
      await this.#listenToAll(this.#client);
      subscription.onMissed();
    } catch (error) {
      this.#parts.log.warn({ err: error }, "listening to a new channel failed");
      this.#drop();
    }
  }

  async #keepListening(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff({ firstMs: 200, maxMs: 10_000 });
    while (!signal.aborted) {
      try {
        await this.#listenOnce(signal, backoff);
      } catch (error) {
        if (!signal.aborted) this.#parts.log.warn({ reason: messageOf(error) }, "the LISTEN connection is down");
      }
      if (!signal.aborted) await sleep(backoff.next(), signal);
    }
  }

  /** One connection from beginning to end; throws why it ended. */
  async #listenOnce(signal: AbortSignal, backoff: Backoff): Promise<void> {
    const client = new pg.Client({ ...this.#parts.connection, query_timeout: this.#heartbeat.heartbeatTimeoutMs });
    const ended = Promise.withResolvers<never>();
    ended.promise.catch(() => {}); // it may end before anyone waits
    const end = () => ended.reject(new Error("the server ended it"));
    const abort = () => ended.reject(new Error("stopping"));
    client.on("error", (error) => ended.reject(error));
    client.on("end", end);
    client.on("notification", ({ channel, payload }) => this.#dispatch(channel, payload ?? ""));
    signal.addEventListener("abort", abort, { once: true });
    try {
      await Promise.race([this.#connect(client), ended.promise]);
      backoff.reset();
      await Promise.race([this.#beat(client, signal), ended.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
      this.#forget(client);
      await close(client);
    }
  }

  async #connect(client: pg.Client): Promise<void> {
    await client.connect();
    this.#listening = new Set();
    this.#client = client;
    await this.#listenToAll(client);
    this.#reconnects.inc();
    this.#connected.set(1);
    for (const { onMissed } of this.#subscriptions) onMissed();
  }

  /** Statements of one client run one after the other: pg asks for that. */
  #listenToAll(client: pg.Client): Promise<void> {
    const wanted = async () => {
      for (const { channels } of this.#subscriptions) {
        for (const channel of channels) {
          if (this.#listening.has(channel)) continue;
          await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
          this.#listening.add(channel);
        }
      }
    };
    return this.#turns.take(wanted);
  }

  async #beat(client: pg.Client, signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#heartbeat.heartbeatMs, signal);
      if (signal.aborted) return;
      await this.#turns.take(() => client.query("SELECT 1"));
    }
  }

  #dispatch(channel: string, key: string): void {
    for (const { channels, onNotify } of this.#subscriptions) {
      if (channels.includes(channel)) onNotify(key, channel);
    }
  }

  #forget(client: pg.Client): void {
    if (this.#client === client) this.#client = undefined;
    this.#connected.set(0);
  }

  #drop(): void {
    void this.#client?.end().catch(() => {}); // it is broken already; the loop makes a new one
  }
}

/** Ends a connection without waiting for a server that may be hung. */
async function close(client: pg.Client): Promise<void> {
  const ended = client.end().catch(() => {}); // broken connections cannot say goodbye
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, 500);
  await Promise.race([ended, promise]);
  clearTimeout(timer);
  destroySocket(client);
}

/** `pg` keeps the socket private; a hung server would otherwise hold it open. */
function destroySocket(client: pg.Client): void {
  const { connection } = client as unknown as { connection?: { stream?: { destroy(): void } } }; // not in its types
  connection?.stream?.destroy();
}
