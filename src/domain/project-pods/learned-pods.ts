/** What our own calls have told of pods, until the watch has caught up. Knows no API. */

import type { Pod } from "../../kube/types.ts";

interface Learned {
  uid: string;
  /** undefined: the pod of this uid is gone. */
  pod: Pod | undefined;
  untilMs: number;
}

/** After so long the watch is believed again, whatever a call had told. */
const LEARNED_MS = 15_000;

/** Versions of one object grow. What has none counts as late. */
function isAsLate(pod: Pod, other: Pod): boolean {
  return !(Number(pod.metadata.resourceVersion) < Number(other.metadata.resourceVersion));
}

/** At most what was learned within `LEARNED_MS` is kept, and the last of it until something else is learned. */
export class LearnedPods {
  /** By project; the oldest first, which is the order of their ends. */
  readonly #learned = new Map<string, Learned>();

  get size(): number {
    return this.#learned.size;
  }

  /** A call told of the pod with this uid; `pod` undefined: it is gone. `nowMs` in ms since the epoch, as everywhere here. */
  learn(projectId: string, { uid, pod }: { uid: string; pod: Pod | undefined }, nowMs: number): void {
    for (const [old, { untilMs }] of this.#learned) {
      if (untilMs >= nowMs) break;
      this.#learned.delete(old);
    }
    this.#learned.delete(projectId); // to the end
    this.#learned.set(projectId, { uid, pod, untilMs: nowMs + LEARNED_MS });
  }

  /** The watch has told of a pod, or (`isGone`) of its end. What it tells of an older version is no news. */
  seen(projectId: string, pod: Pod | undefined, { isGone = false } = {}): void {
    const learned = this.#learned.get(projectId);
    if (pod?.metadata.uid === undefined || learned?.uid !== pod.metadata.uid) return;
    if (isGone || learned.pod === undefined || isAsLate(pod, learned.pod)) this.#learned.delete(projectId);
  }

  /** The pod as it is known, where the watch knows `cached`. */
  over(cached: Pod | undefined, projectId: string, nowMs: number): Pod | undefined {
    const learned = this.#learned.get(projectId);
    if (learned === undefined || learned.untilMs < nowMs) return cached;
    if (learned.pod !== undefined) return learned.pod;
    return cached?.metadata.uid === learned.uid ? undefined : cached;
  }
}
