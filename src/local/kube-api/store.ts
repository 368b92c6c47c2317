/** All objects of the embedded API with one growing version, and what happened to them lately. Knows no wire and no rules. */

import { expired } from "./refusal.ts";
import type { ApiObject, ApiType } from "./types.ts";

/** One change: created (no before), changed, or removed (no after). `before` has the version it had. */
export interface Change {
  version: number;
  type: ApiType;
  before: ApiObject | undefined;
  after: ApiObject | undefined;
  at: number;
}

/** How many changes are remembered at most. */
const MAX_CHANGES = 20_000;

export interface StoreOptions {
  /** How long changes are remembered, in seconds: watches and continued lists from before are refused as Expired. */
  versionsKeptSeconds?: number;
}

/** Everything is synchronous: who reads and then writes without awaiting in between cannot collide with anybody. */
export class Store {
  readonly #objects = new Map<ApiType, Map<string, ApiObject>>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #keptMs: number;
  #changes: Change[] = [];
  /** Starts with the clock, so that a version of an earlier run is always too old and never from the future. */
  #version = Date.now();
  #forgotten = this.#version;

  constructor({ versionsKeptSeconds = 300 }: StoreOptions = {}) {
    this.#keptMs = versionsKeptSeconds * 1000;
  }

  get version(): number {
    return this.#version;
  }

  get(type: ApiType, namespace: string | undefined, name: string): ApiObject | undefined {
    return this.#objects.get(type)?.get(keyOf(type, namespace, name));
  }

  /** All of a type, or those of a namespace, in no particular order. */
  all(type: ApiType, namespace?: string): ApiObject[] {
    const objects = [...(this.#objects.get(type)?.values() ?? [])];
    return namespace === undefined ? objects : objects.filter(({ metadata }) => metadata.namespace === namespace);
  }

  /** All of a type as they were at a version. @throws Refusal 410 when that is forgotten. */
  allAt(type: ApiType, version: number): ApiObject[] {
    const later = this.changesSince(version, type);
    const then = new Map(this.#objects.get(type));
    for (const { before, after } of later.reverse()) {
      const { namespace, name } = (after ?? before ?? { metadata: { name: "" } }).metadata;
      const key = keyOf(type, namespace, name);
      if (before) then.set(key, before);
      else then.delete(key);
    }
    return [...then.values()];
  }

  /** What happened to a type after a version, oldest first. @throws Refusal 410 when that is forgotten. */
  changesSince(version: number, type: ApiType): Change[] {
    if (version < this.#forgotten) throw expired();
    return this.#changes.filter((change) => change.version > version && change.type === type);
  }

  /** Puts an object in its place, new or changed; gives it with its new version. */
  put(type: ApiType, object: ApiObject): ApiObject {
    const { namespace, name } = object.metadata;
    const before = this.get(type, namespace, name);
    const version = ++this.#version;
    const after: ApiObject = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    this.#ofType(type).set(keyOf(type, namespace, name), after);
    this.#tell({ version, type, before, after, at: Date.now() });
    return after;
  }

  remove(type: ApiType, { metadata: { namespace, name } }: ApiObject): void {
    const key = keyOf(type, namespace, name);
    const before = this.#ofType(type).get(key);
    if (!before) return;
    this.#ofType(type).delete(key);
    this.#tell({ version: ++this.#version, type, before, after: undefined, at: Date.now() });
  }

  /** Calls back at every change, at once and in order; returns the end of that. */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #ofType(type: ApiType): Map<string, ApiObject> {
    const objects = this.#objects.get(type) ?? new Map<string, ApiObject>();
    this.#objects.set(type, objects);
    return objects;
  }

  #tell(change: Change): void {
    this.#changes.push(change);
    this.#forget(change.at - this.#keptMs);
    for (const listener of [...this.#listeners]) listener(change);
  }

  #forget(before: number): void {
    let count = Math.max(0, this.#changes.length - MAX_CHANGES);
    while ((this.#changes[count]?.at ?? Number.POSITIVE_INFINITY) < before) count++;
    if (count === 0) return;
    this.#forgotten = this.#changes[count - 1]?.version ?? this.#forgotten;
    this.#changes = this.#changes.slice(count);
  }
}

function keyOf({ namespaced }: ApiType, namespace: string | undefined, name: string): string {
  return namespaced ? `${namespace}/${name}` : name;
}
