/** Watches: changes from a version on, as lines of JSON on a response that stays open. */

import type { ApiResponse } from "./answers.ts";
import type { Json } from "./json.ts";
import { badRequest, Refusal } from "./refusal.ts";
import type { Predicate } from "./selectors.ts";
import type { Change, Store } from "./store.ts";
import type { ApiObject, ApiType } from "./types.ts";

const BOOKMARK_MS = 60_000;
/** Without a wish of the client: half an hour to an hour, so that not all come back at once. */
const LONGEST_SECONDS = 1800;
/** A client that reads nothing for so long that this much waits is cut off; it lists again. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

type EventType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";

export interface WatchRequest {
  type: ApiType;
  matches: Predicate;
  query: URLSearchParams;
  /** What is sent for an object: itself, or a row of a table. */
  present: (object: ApiObject) => Json;
  /** Ends the watch in good order: the server is stopping. */
  signal: AbortSignal;
}

/**
 * Answers a watch. Without a version (or with 0) it begins with what is there. A version that is forgotten is told as an ERROR event
 * of code 410, and ends the watch. @throws Refusal 400 for a version that is none.
 */
export function serveWatch(store: Store, response: ApiResponse, request: WatchRequest): void {
  const { type, matches, query } = request;
  const since = versionOf(query.get("resourceVersion"));
  const initial = query.get("sendInitialEvents") === "true" || since === 0;
  const missed = initial ? [] : missedChanges(store, since, type);
  const watch = new Watch(store, response, request);
  if (missed instanceof Refusal) {
    watch.fail(missed);
    return;
  }
  if (initial) for (const object of store.all(type).filter(matches)) watch.send("ADDED", object);
  if (query.get("sendInitialEvents") === "true") watch.bookmark({ "k8s.io/initial-events-end": "true" });
  for (const change of missed) watch.tell(change);
}

function missedChanges(store: Store, since: number, type: ApiType): Change[] | Refusal {
  try {
    return store.changesSince(since, type);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function versionOf(text: string | null): number {
  const version = Number(text ?? 0);
  if (!Number.isInteger(version) || version < 0) throw badRequest(`invalid resource version ${JSON.stringify(text)}`);
  return version;
}

/** One open watch; ends with the client, with the time limit, or with the server. */
class Watch {
  readonly #store: Store;
  readonly #response: ApiResponse;
  readonly #request: WatchRequest;

  constructor(store: Store, response: ApiResponse, request: WatchRequest) {
    this.#store = store;
    this.#response = response;
    this.#request = request;
    const { query, signal, type } = request;
    const wished = Number(query.get("timeoutSeconds") ?? 0);
    const seconds = wished > 0 ? wished : LONGEST_SECONDS * (1 + Math.random());
    const bookmarks = ["true", "1"].includes(query.get("allowWatchBookmarks") ?? "");
    const end = () => {
      if (bookmarks && !response.writableEnded) this.bookmark();
      response.end();
    };
    const timeout = setTimeout(end, Math.min(seconds * 1000, 2 ** 31 - 1));
    const marks = bookmarks ? setInterval(() => this.bookmark(), BOOKMARK_MS) : undefined;
    const stopListening = store.listen((change) => {
      if (change.type === type) this.tell(change);
    });
    signal.addEventListener("abort", end, { once: true });
    response.once("close", () => {
      clearTimeout(timeout);
      clearInterval(marks);
      stopListening();
      signal.removeEventListener("abort", end);
    });
    response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache, private" });
    // HTTP/1.1 keeps the head back until there is a body; HTTP/2 has sent it.
    if ("flushHeaders" in response && typeof response.flushHeaders === "function") response.flushHeaders();
  }

  /** Sends a change as this watch sees it: what begins to match is ADDED, what ceases to is DELETED. */
  tell({ before, after, version }: Change): void {
    const { matches } = this.#request;
    const matched = before !== undefined && matches(before);
    const match = after !== undefined && matches(after);
    if (match && after) this.send(matched ? "MODIFIED" : "ADDED", after);
    else if (matched && before) {
      const last = after ?? before;
      this.send("DELETED", { ...last, metadata: { ...last.metadata, resourceVersion: String(version) } });
    }
  }

  send(event: EventType, object: ApiObject): void {
    this.#line(event, this.#request.present(object));
  }

  bookmark(annotations?: Record<string, string>): void {
    const { kind } = this.#request.type;
    const metadata = { resourceVersion: String(this.#store.version), ...(annotations && { annotations }) };
    this.#line("BOOKMARK", { kind, apiVersion: "v1", metadata: { creationTimestamp: null, ...metadata } });
  }

  fail(refusal: Refusal): void {
    this.#line("ERROR", refusal.status());
    this.#response.end();
  }

  #line(type: EventType, object: Json): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    this.#response.write(`${JSON.stringify({ type, object })}\n`);
    if (this.#response.writableLength > MAX_WAITING_BYTES) this.#response.destroy();
  }
}
