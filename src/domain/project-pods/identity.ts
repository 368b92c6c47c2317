/** How a project's pod is recognised: name, labels, annotations. Pure. */

import { isUuid } from "../../core/uuid.ts";
import type { Pod } from "../../kube/types.ts";

/** Selects the pods of projects: what our watch sees. */
export const PROJECT_PODS = "run=project";
export const OWNER_LABEL = "app.kubernetes.io/managed-by";
export const OWNER = "cocalc-k8s";
/** `action_request.time` of the request that a pod was made for. */
export const REQUEST_TIME = "cocalc-k8s/request-time";
/** `project_starts.ticket` of the start that a pod was made for. */
export const TICKET = "cocalc-k8s/ticket";

const PREFIX = "project-";

/** The name of a project's pod: the same each time, so that doing something twice is harmless. */
export function podName(projectId: string): string {
  return `${PREFIX}${projectId}`;
}

/** The project that a pod of this name would belong to. */
export function projectIdOf(name: string): string | undefined {
  const id = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : "";
  return isUuid(id) ? id : undefined;
}

/** Is this the pod of that project, made by us and seen by our watch? Nothing else is ever adopted. */
export function isPodOf(pod: Pod, projectId: string): boolean {
  const { name, labels = {} } = pod.metadata;
  const isSelected = `run=${labels.run}` === PROJECT_PODS;
  return isSelected && name === podName(projectId) && labels[OWNER_LABEL] === OWNER && labels.project_id === projectId;
}

/** The ticket of the start that the pod was made for. */
export function ticketOf(pod: Pod): number | undefined {
  const ticket = Number(pod.metadata.annotations?.[TICKET]);
  return Number.isSafeInteger(ticket) && ticket > 0 ? ticket : undefined;
}
