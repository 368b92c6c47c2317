/** What a project's pod means: the project's state, the phases of its start, and when waiting is over. Pure. */

import type { KubeEvent, KubeNode, Pod } from "../../kube/types.ts";
import type { ProjectState } from "../../protocol/project.ts";
import { conditionTime, hasEnded, isReady, isRescue, isTerminating, isUnheard } from "./condition-rules.ts";
import { isOfMain, mainStatus, otherStatuses } from "./container-rules.ts";
import type { Explanation } from "./explanation-rules.ts";

/** Column `state` but for its time. */
export type StateFacts = Omit<ProjectState, "time">;

/** Explanations that are trouble, not mere waiting: they belong into the state, too. */
const TROUBLE = new Set([
  "image_pull_failed",
  "volume_failed",
  "setup_failed",
  "crashed",
  "out_of_memory",
  "evicted",
  "node_dead",
  "other",
]);

/** The state of a project whose pod is this one. *Running* is told when the pod is Ready, and not before. */
export function stateOfPod(pod: Pod, why: Explanation | undefined): StateFacts {
  if (hasEnded(pod) && !isTerminating(pod)) return statusOf(pod, why); // of what comes next nobody knows
  return { ...statusOf(pod, why), ...(isRescue(pod) && { rescue: true }) };
}

function statusOf(pod: Pod, why: Explanation | undefined): StateFacts {
  const error = why !== undefined && TROUBLE.has(why.reason) ? { error: why.message } : {};
  // How its containers end while it is being stopped is no news; that its node is dead is.
  if (isTerminating(pod)) return why?.reason === "node_dead" ? { state: "stopping", ...error } : { state: "stopping" };
  if (hasEnded(pod)) return { state: "opened", ...error };
  if (pod.spec.nodeName === undefined) return { state: "pending", ...error };
  const { podIP } = pod.status ?? {};
  if (isReady(pod) && podIP !== undefined) return { state: "running", ip: podIP };
  return { state: "starting", ...error };
}

/** States that a project without a pod cannot be in. */
const NEED_POD = new Set(["pending", "starting", "running", "stopping"]);

/** Said of a project as long as its pod runs without the labels by which it is known. */
export const LOST_LABELS =
  "The project's pod has lost the labels by which it is known, so nobody can reach what runs in it. " +
  "The next start or stop removes it; tell your administrator.";

/** What stands in a project's row. */
export interface StateBefore {
  state: string | null;
  error: string | null;
}

/**
 * The state of a project without a pod; undefined: what stands there is right (never started, an older installation's archive, or how its last pod
 * ended).
 */
export function stateWithoutPod({ state, error }: StateBefore): StateFacts | undefined {
  return (state !== null && NEED_POD.has(state)) || error === LOST_LABELS ? { state: "opened" } : undefined;
}

/** The state of a project whose pod runs without the labels by which it is known: nobody is taken to it. */
export function stateWithUnseenPod(): StateFacts {
  return { state: "opened", error: LOST_LABELS };
}

/** Moments of a start that the pod knows; absent: not reached. */
export interface PodPhases {
  scheduled?: Date;
  pulled?: Date;
  started?: Date;
  ready?: Date;
}

/** The phases of the pod. Kubernetes' times have whole seconds, so what has just happened is given the present moment. */
export function phasesOf(pod: Pod, events: readonly KubeEvent[], now: Date): PodPhases {
  const at = (time: string | undefined) => (time === undefined ? undefined : observed(time, now));
  const scheduled = pod.spec.nodeName === undefined ? undefined : (at(conditionTime(pod, "PodScheduled")) ?? now);
  const startedAt = mainStatus(pod)?.state?.running?.startedAt;
  const started = startedAt === undefined ? undefined : at(startedAt);
  const pulledEvent = events.findLast((event) => event.reason === "Pulled" && isOfMain(pod, event));
  const pulled = at(pulledEvent?.eventTime ?? pulledEvent?.lastTimestamp) ?? started;
  const ready = at(conditionTime(pod, "Ready"));
  return {
    ...(scheduled && { scheduled }),
    ...(pulled && { pulled }),
    ...(started && { started }),
    ...(ready && { ready }),
  };
}

function observed(time: string, now: Date): Date {
  const then = Date.parse(time);
  return Number.isNaN(then) || Math.abs(now.getTime() - then) < 1_500 ? now : new Date(then);
}

/** How long the phases after scheduling may take, in seconds. */
export interface StartLimits {
  /** An image that cannot be fetched. */
  imageFailureSeconds: number;
  /** A volume that cannot be mounted. */
  volumeFailureSeconds: number;
  /** A pod whose container or network its node cannot set up. */
  setupFailureSeconds: number;
  /** From a node to a running container, all told: pulling a big image takes time. */
  prepareSeconds: number;
  /** From a running container to Ready. */
  readySeconds: number;
  /** So many restarts, and the container counts as crashing. */
  restarts: number;
}

export type Verdict =
  | { kind: "wait"; untilMs: number | undefined }
  /** The start has failed; `late`: only because a phase took too long. */
  | { kind: "failed"; late: boolean };

/** Reasons of Kubernetes that do not pass by waiting. */
const HOPELESS = /^(InvalidImageName|ErrImageNeverPull)/;

interface Moment {
  nowMs: number;
  /** When the image was there: what it took is no time of setting up. */
  pulledMs?: number | undefined;
}

/** Has a start failed that has this pod, which is not Ready? Waiting for a node is not limited here. */
export function verdictOn(pod: Pod, why: Explanation | undefined, limits: StartLimits & Moment): Verdict {
  if (hasEnded(pod)) return { kind: "failed", late: false };
  if (pod.spec.nodeName === undefined) return { kind: "wait", untilMs: undefined };
  // Whether it is ready is not known: it may come back, and until then nothing else may run with its files.
  if (isUnheard(pod)) return { kind: "wait", untilMs: undefined };
  const status = mainStatus(pod);
  if (why !== undefined && HOPELESS.test(why.kubernetesReason)) return { kind: "failed", late: false };
  if (restartsOf(pod) >= limits.restarts) return { kind: "failed", late: false };
  const scheduled = conditionTime(pod, "PodScheduled") || pod.status?.startTime || pod.metadata.creationTimestamp;
  const since = status?.state?.running?.startedAt ?? scheduled;
  const pulledMs = why?.reason === "setup_failed" ? (limits.pulledMs ?? 0) : 0;
  const sinceMs = since === undefined ? limits.nowMs : Math.max(Date.parse(since), pulledMs);
  const untilMs = sinceMs + 1_000 * limitOf(status?.state?.running !== undefined, why, limits);
  return untilMs <= limits.nowMs ? { kind: "failed", late: true } : { kind: "wait", untilMs };
}

/** How often the project's own container was restarted, or another one that does not run now either. */
function restartsOf(pod: Pod): number {
  const others = otherStatuses(pod).filter(({ state }) => state?.waiting !== undefined);
  return Math.max(0, ...[mainStatus(pod), ...others].map((status) => status?.restartCount ?? 0));
}

function limitOf(isRunning: boolean, why: Explanation | undefined, limits: StartLimits): number {
  if (isRunning) return limits.readySeconds;
  if (why?.reason === "image_pull_failed") return limits.imageFailureSeconds;
  if (why?.reason === "volume_failed") return limits.volumeFailureSeconds;
  if (why?.reason === "setup_failed") return limits.setupFailureSeconds;
  return limits.prepareSeconds;
}

const OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";

/** Is it certain that nothing of a pod on this node runs any more? Only then may the pod be forced away: two writers on one home are worse than waiting. */
export function isNodeGone(node: KubeNode | undefined): boolean {
  return node === undefined || (node.spec?.taints ?? []).some(({ key }) => key === OUT_OF_SERVICE);
}

/** Milliseconds after which a Terminating pod should long be gone (its grace period, and time for the kubelet to say so); negative: overdue. */
export function terminationLeftMs(pod: Pod, nowMs: number): number {
  const { deletionTimestamp } = pod.metadata;
  // The timestamp is the end of the grace period.
  return deletionTimestamp === undefined ? Number.POSITIVE_INFINITY : Date.parse(deletionTimestamp) + 15_000 - nowMs;
}
