/** What a pod's own fields say of it: ready, ended, being ended, unheard of, one of a rescue. Pure. */

import type { Pod } from "../../kube/types.ts";

/** Annotation of each pod: is it one of a rescue? */
export const RESCUE = "cocalc-k8s/rescue";

export function isReady(pod: Pod): boolean {
  return conditionTime(pod, "Ready") !== undefined;
}

/** Its containers are done for good: the pod only takes up the name. */
export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded";
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/**
 * Does its node no longer report? Kubernetes then takes *ready* from the pod, while by the node's last word its containers still are.
 * (With readiness gates that can be otherwise, too, so nothing is concluded.)
 */
export function isUnheard({ spec, status }: Pod): boolean {
  const is = (type: string) => status?.conditions?.find((one) => one.type === type)?.status;
  return is("Ready") === "False" && is("ContainersReady") === "True" && spec.readinessGates === undefined;
}

/** Since when a condition is true; "" if that is not said, undefined if it is not true. */
export function conditionTime(pod: Pod, type: string): string | undefined {
  const condition = pod.status?.conditions?.find((one) => one.type === type);
  return condition?.status === "True" ? (condition.lastTransitionTime ?? "") : undefined;
}

/** Was it made for a start in rescue mode? */
export function isRescue(pod: Pod): boolean {
  return pod.metadata.annotations?.[RESCUE] === "true";
}
