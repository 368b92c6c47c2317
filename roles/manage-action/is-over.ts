/** Whether nothing of a project runs, so that others may have its places of licences. */

import { hasEnded } from "../../src/domain/project-pods/condition-rules.ts";
import type { Pod } from "../../src/kube/types.ts";
import type { Tools } from "./case.ts";

/** The cache may be of some moments ago, and not know a pod that was made a moment ago: whose seat others would get is looked for. */
export async function isOver({ pods, seats }: Pick<Tools, "pods" | "seats">, projectId: string): Promise<boolean> {
  if (!pods.isSynced) return false;
  if (pods.get(projectId) === undefined && seats.of(projectId).size > 0) await pods.look(projectId);
  return !isThere(pods.get(projectId));
}

/** One whose containers have all ended for good, such as an evicted one, is kept to be read, and uses nothing. */
export function isThere(pod: Pod | undefined): boolean {
  return pod !== undefined && !hasEnded(pod);
}
