/** Events about pods, as a kubelet and a scheduler write them: the same one again only counts up. */

import { randomBytes, randomUUID } from "node:crypto";
import type { Store } from "../kube-api/store.ts";
import { type ApiObject, eventType, timestamp } from "../kube-api/types.ts";

export interface EventText {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

const KEPT_MS = 3_600_000;
const MOST = 2_000;

export class EventRecorder {
  readonly #store: Store;
  readonly #component: string;
  readonly #host: string;

  constructor(store: Store, { component, host }: { component: string; host: string }) {
    this.#store = store;
    this.#component = component;
    this.#host = host;
  }

  /** Tells something about an object; `fieldPath` names a part of it, such as spec.containers{main}. */
  record(about: ApiObject, { type, reason, message }: EventText, fieldPath = ""): void {
    const { namespace = "default", name, uid = "" } = about.metadata;
    const now = timestamp();
    const same = this.#store.all(eventType, namespace).find((event) => {
      const involved = event.involvedObject as { uid?: string } | undefined; // events have one, by their kind
      return involved?.uid === uid && event.reason === reason && event.message === message;
    });
    if (same) {
      this.#store.put(eventType, { ...same, count: Number(same.count ?? 1) + 1, lastTimestamp: now });
      return;
    }
    this.#store.put(eventType, {
      apiVersion: "v1",
      kind: "Event",
      metadata: {
        name: `${name}.${randomBytes(8).toString("hex")}`,
        namespace,
        uid: randomUUID(),
        creationTimestamp: now,
      },
      involvedObject: { apiVersion: "v1", kind: about.kind, namespace, name, uid, ...(fieldPath && { fieldPath }) },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      source: { component: this.#component, ...(this.#host && { host: this.#host }) },
      reportingComponent: this.#component,
      reportingInstance: this.#host,
    });
    this.#forget();
  }

  #forget(): void {
    const all = this.#store.all(eventType);
    const excess = all.length - MOST;
    const old = Date.now() - KEPT_MS;
    for (const [i, event] of all.entries()) {
      if (i < excess || Date.parse(String(event.lastTimestamp)) < old) this.#store.remove(eventType, event);
      else break; // in order of their making
    }
  }
}
