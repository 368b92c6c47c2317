/** Why a running project does not have its quota yet, for people: from a pod's conditions, or from what only a restart brings. Pure. */

import type { PodCondition } from "../../kube/types.ts";
import type { PendingQuota, PendingReason, RunQuota } from "../../protocol/quotas.ts";
import { quotaChanges } from "../quotas/changes-rules.ts";
import { megabyteWords, memoryWords } from "../quotas/memory-words-rules.ts";
import { gainInWords } from "../quotas/words-rules.ts";
import { words } from "./explanation-rules.ts";
import { resourceFields } from "./resources-rules.ts";

/** Why something is not to be had while the project runs. */
export interface Trouble {
  reason: Extract<PendingReason, "no_room" | "memory_in_use" | "unsupported" | "refused">;
  kubernetesReason: string;
}

interface Wish {
  has: RunQuota;
  mayHave: RunQuota;
  next: RunQuota;
}

export type Pending = Omit<PendingQuota, "time">;

/** What a condition of a pod says that is being resized; undefined: that its node is at it. */
export function troubleOf({ type, reason = "", message = "" }: PodCondition): Trouble | undefined {
  const kubernetesReason = words(reason, message);
  if (type === "PodResizePending") return { reason: "no_room", kubernetesReason };
  if (reason !== "Error") return undefined;
  return { reason: BELOW_USE.test(message) ? "memory_in_use" : "refused", kubernetesReason };
}

/** The same as it was written down; undefined: it was no trouble. */
export function troubleIn({ reason, kubernetes_reason }: PendingQuota): Trouble | undefined {
  const found = REASONS.find((one) => one === reason);
  return found && { reason: found, kubernetesReason: kubernetes_reason ?? "" };
}

const REASONS: readonly Trouble["reason"][] = ["no_room", "memory_in_use", "unsupported", "refused"];

const BELOW_USE = /memory limit \((\d+)\) below current usage \((\d+)\)/;

/** The cluster has been asked. */
export function underWayBy({ has, mayHave, next }: Wish): Pending {
  const message = `The project is being given ${gainInWords(has, { ...has, ...resourceFields(mayHave) })}.`;
  return { quota: next, reason: "under_way", message, kubernetes_reason: null };
}

/** Why it waits for its next start. Without trouble: because only a start brings it, or because nobody asked to take it now. */
export function waitsFor({ has, mayHave, next }: Wish, trouble?: Trouble): Pending {
  const gain = gainInWords(has, next);
  if (trouble !== undefined) {
    const { reason, kubernetesReason } = trouble;
    return {
      quota: next,
      reason,
      message: TROUBLES[reason]({ has, gain, kubernetesReason }),
      kubernetes_reason: kubernetesReason,
    };
  }
  return quotaChanges(has, mayHave).length > 0
    ? { quota: next, reason: "restart", message: `A restart brings ${gain}.`, kubernetes_reason: null }
    : {
        quota: next,
        reason: "next_start",
        message: `A licence has ended: from its next start on the project has ${gain}.`,
        kubernetes_reason: null,
      };
}

interface ToTell {
  has: RunQuota;
  /** What a restart brings. */
  gain: string;
  kubernetesReason: string;
}

const TROUBLES: Record<Trouble["reason"], (of: ToTell) => string> = {
  no_room: ({ gain }) =>
    `The machine on which the project runs has no room for all of that. A restart brings ${gain}, on another machine if need be.`,
  memory_in_use: ({ has, gain, kubernetesReason }) => {
    const [, limit, used] = (BELOW_USE.exec(kubernetesReason) ?? []).map(Number);
    // Kubernetes compares the container's use, and tells the pod's, which it may have measured earlier.
    const use =
      used !== undefined && limit !== undefined && used > limit
        ? `uses ${memoryWords(used)} of memory, which is more than its new limit`
        : "uses more memory than its new limit allows";
    return `The project ${use}. It keeps ${megabyteWords(has.memory_limit)} until it starts again; a restart brings ${gain}.`;
  },
  unsupported: ({ gain }) => `This cluster cannot change what a running project has. A restart brings ${gain}.`,
  refused: ({ gain }) => `The cluster did not change what the running project has. A restart brings ${gain}.`,
};
