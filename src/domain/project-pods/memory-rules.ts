/** What a pod tells of the end of its project's container for want of memory. Pure. */

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

const MIB = 2 ** 20;

/** Bytes that the project's container may use, as our pods have it; null: not told so. */
export function memoryLimitOf(pod: Pod): number | null {
  const { memory } = mainContainer(pod.spec.containers)?.resources?.limits ?? {};
  const [, amount] = /^(\d+)Mi$/.exec(memory ?? "") ?? [];
  return amount === undefined ? null : Number(amount) * MIB;
}
