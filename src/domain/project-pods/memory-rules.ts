/** What a pod tells of the end of its project's container for want of memory. Pure. */

import { quantity } from "../../core/quantities.ts";
import type { Pod } from "../../kube/types.ts";
import { mainContainer, mainStatus } from "./container-rules.ts";

/** Of process 1, when it is killed. A container in which another process was, once, keeps the reason for its own end, whatever that is. */
const KILLED = 137;

/** When the project's container ended last for want of memory; undefined: it did not, or ended otherwise since. */
export function outOfMemoryEnd(pod: Pod): Date | undefined {
  const status = mainStatus(pod);
  const ended = status?.state?.terminated ?? status?.lastState?.terminated;
  if (ended?.reason !== "OOMKilled" || ended.exitCode !== KILLED) return undefined;
  const time = new Date(ended.finishedAt ?? "");
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** Bytes that the project's container may use; null: it has no limit. API servers write 1024Mi as 1Gi. */
export function memoryLimitOf(pod: Pod): number | null {
  return quantity(mainContainer(pod.spec.containers)?.resources?.limits?.memory) ?? null;
}
