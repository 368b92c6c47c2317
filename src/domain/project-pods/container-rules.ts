/** Which of a pod's containers is the project's own: by its name, whatever stands before or beside it. Pure. */

import type { ContainerStatus, KubeEvent, Pod } from "../../kube/types.ts";

const MAIN_CONTAINER = "project";

/** The container in which the project's server runs; in a template that has none of that name, its first. */
export function mainContainer<C extends { name: string }>(containers: readonly C[]): C | undefined {
  return containers.find(({ name }) => name === MAIN_CONTAINER) ?? containers[0];
}

/** How the project's own container is; undefined before the node has said anything of it. Statuses stand in an order of the node's own. */
export function mainStatus(pod: Pod): ContainerStatus | undefined {
  const name = mainContainer(pod.spec.containers)?.name;
  return pod.status?.containerStatuses?.find((status) => status.name === name);
}

/** How the other containers are: first those that prepare the pod, in their order, then those beside the project's own. */
export function otherStatuses(pod: Pod): ContainerStatus[] {
  const main = mainStatus(pod);
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  return [...initContainerStatuses, ...containerStatuses.filter((status) => status !== main)];
}

/** Is an event about the whole pod, or about the project's own container? */
export function isOfMain(pod: Pod, { involvedObject: { fieldPath = "" } }: KubeEvent): boolean {
  const container = /^spec\.(?:initContainers|containers)\{(.*)\}$/.exec(fieldPath)?.[1];
  return container === undefined || fieldPath === `spec.containers{${mainContainer(pod.spec.containers)?.name}}`;
}
