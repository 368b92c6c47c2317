/** A cache of one selection of Kubernetes objects, kept true by list, watch and relist. It decides nothing about them. */

import { Backoff } from "../core/backoff.ts";
import { sleep } from "../core/clock.ts";
import { AppError, isAppError } from "../core/errors.ts";
import type { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import type { Calls } from "./calls.ts";
import type { ReflectorMetrics, RelistReason } from "./reflector-metrics.ts";
import { slim } from "./slim.ts";
import { readStatus, refusal } from "./status.ts";
import type { KubeList, KubeObject, Reflector, ReflectorOptions, Selection } from "./types.ts";
import { type WatchEvent, WatchLines } from "./watch-lines.ts";
import { Watchdog } from "./watchdog.ts";

const RELIST_SECONDS = 240;
/**
 * A watch is that long: where nothing of a kind happens a real API server sends no bookmarks for ten minutes, and only the
 * orderly end of a watch tells that nothing has happened. The next one goes on from the same version.
 */
const WATCH_SECONDS = 60;
/** What is silent beyond the end of its watch is dead. */
const SILENCE_SECONDS = 90;
const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 10_000;
/** A watch that ends sooner and brought nothing counts as failed, or we would ask without end. */
const SHORTEST_WATCH_MS = 1_000;

/** What the reflector is doing now. */
export type ReflectorState =
  | { kind: "listing"; reason: RelistReason }
  | { kind: "watching"; version: string }
  | { kind: "waiting"; reason: RelistReason; delayMs: number }
  | { kind: "stopped" };

interface ListWatchOptions<T extends KubeObject> {
  source: Pick<Calls, "list" | "listKept" | "watch">;
  options: ReflectorOptions<T>;
  metrics: ReflectorMetrics;
  log: Logger;
}

/**
 * States and transitions; one loop walks through them, so there is never more than one request or watch:
 *
 * - *listing*: reads the whole list. Done: the cache is replaced, differences are told, then → watching from the list's
 *   version. Failed: → waiting.
 * - *watching*: applies events. The server ends the watch in good order: another from the last version seen, still
 *   watching. Time for a relist (every few minutes, with jitter): the watch is closed → listing. Anything else (an ERROR
 *   event, 410, a lost connection, silence, nonsense on the wire): the version is forgotten → waiting.
 * - *waiting*: a jittered delay that doubles up to ten seconds and is reset by a watch that works → listing.
 * - *stopped*: the life ended; nothing is told any more, no request is open. Final. No error leads here.
 *
 * The cache stays readable in every state; `ageMs` tells what it is worth, and of one that is optional `isRefused`. Handlers are called after the cache holds the
 * news, in the order of the server; one that throws is logged and counted, and changes nothing.
 */
export class ListWatchReflector<T extends KubeObject> implements Reflector<T> {
  readonly resource: string;
  readonly synced: Promise<void>;
  readonly #with: ListWatchOptions<T>;
  readonly #selection: Selection;
  readonly #signal: AbortSignal;
  readonly #synced = Promise.withResolvers<void>();
  readonly #backoff = new Backoff({ firstMs: FIRST_RETRY_MS, maxMs: MAX_RETRY_MS });
  #objects = new Map<string, T>();
  /** The last that the server told of. */
  #version: string | undefined;
  #state: ReflectorState = { kind: "listing", reason: "start" };
  #confirmedAt = performance.now();
  #isRefused = false;

  constructor(life: Life, listWatch: ListWatchOptions<T>) {
    const { resource, labelSelector, fieldSelector } = listWatch.options;
    this.#with = listWatch;
    this.#selection = { ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }) };
    this.#signal = life.signal;
    this.resource = resource.plural;
    this.synced = this.#synced.promise;
    this.synced.catch(() => {}); // nobody has to wait for it
    const { open } = listWatch.metrics;
    open.add(this);
    life.defer(`reflector of ${this.resource}`, () => void open.delete(this));
    life.run(`reflector of ${this.resource}`, () => this.#run());
  }

  /** For tests and readiness. */
  get state(): ReflectorState {
    return this.#state;
  }

  get(name: string): T | undefined {
    return this.#objects.get(name);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  ageMs(): number {
    return performance.now() - this.#confirmedAt;
  }

  get isRefused(): boolean {
    return this.#isRefused;
  }

  async #run(): Promise<void> {
    let reason: RelistReason = "start";
    while (!this.#signal.aborted) {
      try {
        const version = await this.#relist(reason);
        await this.#watchUntilRelist(version);
        reason = "interval";
      } catch (error) {
        if (this.#signal.aborted) break;
        reason = reasonOf(error);
        if (this.#with.options.isOptional === true && isAppError(error, "forbidden")) this.#setRefused(true);
        await this.#wait(reason, error);
      }
    }
    this.#state = { kind: "stopped" };
    this.#synced.reject(new AppError("unavailable", `The reflector of ${this.resource} was stopped.`));
  }

  /** While it is refused its age says nothing of how well this process is. */
  #setRefused(isRefused: boolean): void {
    this.#isRefused = isRefused;
    const { open } = this.#with.metrics;
    if (isRefused) open.delete(this);
    else open.add(this);
  }

  async #wait(reason: RelistReason, error: unknown): Promise<void> {
    const delayMs = this.#backoff.next();
    this.#state = { kind: "waiting", reason, delayMs };
    const fields = { resource: this.resource, reason, delayMs: Math.round(delayMs), err: error };
    if (reason === "gone") this.#with.log.info(fields, "the watch is too old and is begun again");
    else this.#with.log.warn(fields, "the watch was lost and is begun again");
    await sleep(delayMs, this.#signal);
  }

  /** Replaces the cache by a whole list and tells what differs; gives the list's version. */
  async #relist(reason: RelistReason): Promise<string> {
    this.#state = { kind: "listing", reason };
    const { options, metrics } = this.#with;
    metrics.relists.inc({ resource: this.resource, reason });
    const { items, metadata } = await this.#list(reason);
    if (this.#signal.aborted) throw new AppError("unavailable", "stopped");
    const before = this.#objects;
    this.#objects = new Map(items.map((object) => [object.metadata.name, slim(object)]));
    this.#version = metadata.resourceVersion;
    this.#confirmedAt = performance.now();
    if (this.#isRefused) this.#setRefused(false);
    for (const [name, object] of this.#objects) this.#tellIfChanged(name, object, before.get(name));
    for (const [name, object] of before) if (!this.#objects.has(name)) this.#tellIfChanged(name, undefined, object);
    this.#guard(() => options.onRelist?.(this.list()));
    this.#synced.resolve();
    return metadata.resourceVersion;
  }

  /** Out of what the server has in memory, never older than what it told already; after trouble out of its database. */
  #list(reason: RelistReason): Promise<KubeList<T>> {
    const { source, options } = this.#with;
    const [selection, signal] = [this.#selection, this.#signal];
    if (reason !== "start" && reason !== "interval") return source.list(options.resource, selection, signal);
    return source.listKept(options.resource, { selection, notOlderThan: this.#version, signal });
  }

  /** Watches until the next relist is due. @throws whatever ends a watch before that. */
  async #watchUntilRelist(listVersion: string): Promise<void> {
    const relistMs = (this.#with.options.relistSeconds ?? RELIST_SECONDS) * 1000 * (0.75 + Math.random() / 2);
    const relistAt = performance.now() + relistMs;
    let version = listVersion;
    while (!this.#signal.aborted) {
      const leftMs = relistAt - performance.now();
      if (leftMs <= 0) return;
      this.#state = { kind: "watching", version };
      const openedAt = performance.now();
      const ended = await this.#watch(version, leftMs);
      if (ended.due) return;
      if (ended.version === version && performance.now() - openedAt < SHORTEST_WATCH_MS) {
        throw new AppError("unavailable", "Kubernetes ended a watch at once.");
      }
      this.#confirmedAt = performance.now();
      version = ended.version;
    }
  }

  /** One watch: `due` when the relist ended it, else the server did, in good order, after `version`. */
  async #watch(fromVersion: string, leftMs: number): Promise<{ due: boolean; version: string }> {
    const watchdog = new Watchdog(this.#signal, {
      silenceMs: (this.#with.options.silenceSeconds ?? SILENCE_SECONDS) * 1000,
      leftMs,
    });
    const lines = new WatchLines();
    let version = fromVersion;
    try {
      const chunks = await this.#with.source.watch(this.#with.options.resource, {
        selection: this.#selection,
        resourceVersion: fromVersion,
        timeoutSeconds: Math.ceil((this.#with.options.watchSeconds ?? WATCH_SECONDS) * (0.75 + Math.random() / 2)),
        signal: watchdog.signal,
      });
      for await (const chunk of chunks) {
        if (watchdog.signal.aborted) break;
        watchdog.alive();
        for (const event of lines.push(chunk)) version = this.#apply(event);
      }
    } catch (error) {
      if (watchdog.verdict === undefined) throw error; // else the error only says that we closed it
    } finally {
      watchdog.close();
    }
    if (watchdog.verdict === "silence") throw new SilenceError(this.resource);
    return { due: watchdog.verdict === "due", version };
  }

  /** Brings one event into the cache and gives its version. */
  #apply({ type, object }: WatchEvent): string {
    if (type === "ERROR") throw refusal(`watch ${this.resource}`, readStatus(500, object));
    const { name, resourceVersion } = object.metadata;
    if (resourceVersion === undefined) throw new AppError("unavailable", "Kubernetes sent an event without a version.");
    this.#version = resourceVersion;
    this.#confirmedAt = performance.now();
    this.#backoff.reset();
    if (type === "BOOKMARK") return resourceVersion;
    const before = this.#objects.get(name);
    const now = type === "DELETED" ? undefined : slim(object as T); // the API server sends what was asked for
    if (now) this.#objects.set(name, now);
    else this.#objects.delete(name);
    this.#tellIfChanged(name, now, before);
    return resourceVersion;
  }

  #tellIfChanged(name: string, now: T | undefined, before: T | undefined): void {
    const same = now?.metadata.uid === before?.metadata.uid && versionOf(now) === versionOf(before);
    if (!same) this.#guard(() => this.#with.options.onChange?.(name, now, before));
  }

  #guard(handler: () => void): void {
    if (this.#signal.aborted) return;
    try {
      handler();
    } catch (error) {
      this.#with.metrics.handlerErrors.inc({ resource: this.resource });
      this.#with.log.error({ resource: this.resource, err: error }, "a reflector's handler failed");
    }
  }
}

class SilenceError extends Error {
  constructor(resource: string) {
    super(`the watch of ${resource} was silent for too long`);
    this.name = "SilenceError";
  }
}

function reasonOf(error: unknown): RelistReason {
  if (error instanceof SilenceError) return "silence";
  return isAppError(error, "gone") ? "gone" : "error";
}

function versionOf(object: KubeObject | undefined): string | undefined {
  return object?.metadata.resourceVersion;
}
