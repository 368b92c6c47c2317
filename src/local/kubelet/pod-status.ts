/** The status of a pod from what its containers say. Pure but for the clock. */

import { asObject, asObjects, type Json } from "../kube-api/json.ts";
import { type ApiObject, timestamp } from "../kube-api/types.ts";
import type { ContainerRunner } from "./container.ts";
import type { PodResizing } from "./pod-resizing.ts";

export interface PodSituation {
  podIp: string | undefined;
  startTime: string;
  initContainers: ContainerRunner[];
  containers: ContainerRunner[];
  /** All init containers ended well. */
  initialized: boolean;
  /** No container will run again. */
  over: boolean;
  /** What becomes of a wish for other resources. */
  resizing: Pick<PodResizing, "observedGeneration" | "conditions">;
}

/** The whole status; conditions keep the time of their last change. */
export function podStatus(pod: ApiObject, situation: PodSituation): Json {
  const before = asObject(pod.status);
  const { podIp, startTime, initContainers, containers, initialized, resizing } = situation;
  const phase = phaseOf(situation);
  const unready = containers.filter((container) => !container.isReady).map(({ plan }) => plan.name);
  const ended = phase === "Succeeded" ? "PodCompleted" : "ContainersNotReady";
  const notReady = { reason: ended, message: `containers with unready status: [${unready.join(" ")}]` };
  const readiness = unready.length === 0 ? { status: "True" } : { status: "False", ...notReady };
  const conditions = [
    { type: "PodReadyToStartContainers", status: podIp === undefined ? "False" : "True" },
    initialized
      ? { type: "Initialized", status: "True" }
      : { type: "Initialized", status: "False", reason: "ContainersNotInitialized" },
    { type: "Ready", ...readiness },
    { type: "ContainersReady", ...readiness },
    ...resizing.conditions(),
  ];
  return {
    ...before,
    observedGeneration: resizing.observedGeneration,
    phase,
    conditions: [...withTimes(asObjects(before.conditions), conditions), ...scheduled(before)],
    hostIP: "127.0.0.1",
    hostIPs: [{ ip: "127.0.0.1" }],
    ...(podIp !== undefined && { podIP: podIp, podIPs: [{ ip: podIp }] }),
    startTime,
    ...(initContainers.length > 0 && { initContainerStatuses: initContainers.map((container) => container.status()) }),
    containerStatuses: containers.map((container) => container.status()),
  };
}

function phaseOf({ initContainers, containers, initialized, over }: PodSituation): string {
  if (over) {
    const failed = [...initContainers, ...containers].some(({ state }) => state.terminated?.exitCode !== 0);
    return failed ? "Failed" : "Succeeded";
  }
  if (!initialized) return "Pending";
  return containers.every(({ hasEverStarted }) => hasEverStarted) ? "Running" : "Pending";
}

function scheduled({ conditions }: Json): Json[] {
  return asObjects(conditions).filter(({ type }) => type === "PodScheduled");
}

function withTimes(before: Json[], conditions: Json[]): Json[] {
  return conditions.map((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    const since = old?.status === condition.status ? old?.lastTransitionTime : timestamp();
    return { lastProbeTime: null, lastTransitionTime: since, ...condition };
  });
}
