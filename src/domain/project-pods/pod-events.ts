/** The events of project pods, kept per pod for as long as they help to explain it. */

import type { Life } from "../../core/life.ts";
import { events } from "../../kube/resources.ts";
import type { Kube, KubeEvent } from "../../kube/types.ts";
import { projectIdOf } from "./identity.ts";

export class PodEvents {
  /** By uid of the pod, then by name of the event. */
  readonly #byPod = new Map<string, Map<string, KubeEvent>>();

  /** `onEvent` is told the project of a pod about which something new is known. */
  constructor(life: Life, kube: Kube, onEvent: (projectId: string) => void) {
    kube.openReflector(life, {
      resource: events,
      fieldSelector: "involvedObject.kind=Pod",
      onChange: (name, now, before) => {
        const event = now ?? before;
        const projectId = projectIdOf(event?.involvedObject.name ?? "");
        const uid = event?.involvedObject.uid;
        if (projectId === undefined || uid === undefined) return;
        this.#keep(uid, name, now);
        if (now !== undefined) onEvent(projectId);
      },
    });
  }

  /** Of one pod, oldest first. */
  of(uid: string): KubeEvent[] {
    return [...(this.#byPod.get(uid)?.values() ?? [])].sort((a, b) => timeOf(a) - timeOf(b));
  }

  #keep(uid: string, name: string, now: KubeEvent | undefined): void {
    const ofPod = this.#byPod.get(uid) ?? new Map<string, KubeEvent>();
    ofPod.delete(name); // an event that is told again is the newest
    if (now !== undefined) ofPod.set(name, now);
    if (ofPod.size > 0) this.#byPod.set(uid, ofPod);
    else this.#byPod.delete(uid);
  }
}

function timeOf({ eventTime, lastTimestamp, metadata }: KubeEvent): number {
  return Date.parse(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "") || 0;
}
