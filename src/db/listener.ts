/** The one LISTEN connection of a process: heartbeat, jittered reconnect, and word to every consumer that it may have missed something. */

import type pg from "pg";
import { Backoff } from "../core/backoff.ts";
import { sleep } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import { counter, gauge, type Metrics } from "../core/metrics.ts";
import type { OnLost } from "./client.ts";
import { Connection } from "./connection.ts";
import { GarbledError } from "./server-frames.ts";

export interface Subscription {
  channels: string[];
  /** A notification: which channel, which key. */
  onNotify: (key: string, channel: string) => void;
  /** Notifications may have been lost: reread everything. Called after the first connection, too. */
  onMissed: () => void;
  /** What a key looks like. Any other was garbled on its way, and which one it was is not known: the connection ends, and all may have missed something. */
  isKey?: (key: string, channel: string) => boolean;
}

/** How often the connection is tried, and how long an answer may take before the server counts as hung. */
export interface Heartbeat {
  heartbeatMs: number;
  heartbeatTimeoutMs: number;
}

interface ListenerParts {
  connection: pg.ClientConfig;
  onLost: OnLost;
  log: Logger;
  metrics: Metrics;
  heartbeat?: Heartbeat | undefined;
}

const HEARTBEAT: Heartbeat = { heartbeatMs: 15_000, heartbeatTimeoutMs: 10_000 };

/**
 * States: unused (nobody subscribed, no connection) → connecting ⇄ listening. Handlers are attached before LISTEN, every wanted channel is
 * listened to before anyone is told `missed`, and the backoff is reset only then. A heartbeat asks what is listened to: one that gets no answer,
 * or another one, closes the connection.
 */
export class Listener {
  readonly #parts: ListenerParts;
  readonly #life: Life;
  readonly #heartbeat: Heartbeat;
  readonly #subscriptions = new Set<Subscription>();
  readonly #reconnects;
  readonly #connected;
  #connection: Connection | undefined;
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
    if (this.#connection === undefined) return;
    try {
      await this.#listenToAll(this.#connection);
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
    const { connection: config, onLost } = this.#parts;
    const connection = new Connection({
      config: { ...config, query_timeout: this.#heartbeat.heartbeatTimeoutMs },
      onLost,
    });
    const stopping = Promise.withResolvers<never>();
    const abort = () => stopping.reject(new Error("stopping"));
    const over = Promise.race([connection.lost, stopping.promise]);
    over.catch(() => {}); // it may be over before anyone waits
    connection.onNotification((channel, key) => this.#dispatch(connection, channel, key));
    signal.addEventListener("abort", abort, { once: true });
    try {
      await Promise.race([this.#connect(connection), over]);
      backoff.reset();
      await Promise.race([this.#beat(connection, signal), over]);
    } finally {
      signal.removeEventListener("abort", abort);
      this.#forget(connection);
      await connection.end();
    }
  }

  async #connect(connection: Connection): Promise<void> {
    await connection.connect();
    this.#listening = new Set();
    this.#connection = connection;
    await this.#listenToAll(connection);
    this.#reconnects.inc();
    this.#connected.set(1);
    for (const { onMissed } of this.#subscriptions) onMissed();
  }

  async #listenToAll(connection: Connection): Promise<void> {
    const wanted = new Set([...this.#subscriptions].flatMap(({ channels }) => channels));
    for (const channel of wanted) {
      if (this.#listening.has(channel)) continue;
      await connection.listen(channel); // twice is harmless, where two ask at the same time
      this.#listening.add(channel);
    }
    await this.#checkChannels(connection);
  }

  async #beat(connection: Connection, signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#heartbeat.heartbeatMs, signal);
      if (signal.aborted) return;
      await this.#checkChannels(connection);
    }
  }

  /** A LISTEN that was garbled on its way succeeds, on another channel. @throws where the server does not listen for us to all that it should. */
  async #checkChannels(connection: Connection): Promise<void> {
    const wanted = [...this.#listening];
    const heard = await connection.channels();
    const missing = wanted.filter((channel) => !heard.has(channel));
    if (missing.length === 0) return;
    connection.lose(new GarbledError(`it does not listen to ${missing.join(", ")}`));
    await connection.lost;
  }

  #dispatch(connection: Connection, channel: string, key: string): void {
    const consumers = [...this.#subscriptions].filter(({ channels }) => channels.includes(channel));
    if (consumers.some(({ isKey }) => isKey?.(key, channel) === false)) {
      connection.lose(new GarbledError(`a notification of ${channel} names what is no key`));
      return;
    }
    for (const { onNotify } of consumers) onNotify(key, channel);
  }

  #forget(connection: Connection): void {
    if (this.#connection === connection) this.#connection = undefined;
    this.#connected.set(0);
  }

  #drop(): void {
    void this.#connection?.end(); // the loop makes a new one
  }
}
