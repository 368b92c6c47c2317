/** Why a project's pod waits or failed: a code of ours, words for the user, and Kubernetes' own words. Pure. */

import type { ContainerStatus, KubeEvent, Pod } from "../../kube/types.ts";
import type { StartReason } from "../../protocol/starts.ts";
import { isTerminating, isUnheard } from "./condition-rules.ts";

export interface Explanation {
  reason: StartReason;
  /** For the user. */
  message: string;
  kubernetesReason: string;
}

const PULL_FAILURES = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "RegistryUnavailable",
  "SignatureValidationFailed",
]);
const VOLUME_EVENTS = new Set(["FailedMount", "FailedAttachVolume", "FailedMapVolume", "VolumeFailedDelete"]);
const CREATE_FAILURES = new Set(["CreateContainerConfigError", "CreateContainerError", "RunContainerError"]);
const MAX_WORDS = 1_000;

const RESOURCES: Record<string, string> = {
  cpu: "processors",
  memory: "memory",
  "ephemeral-storage": "disk space",
  pods: "room for another project",
  "nvidia.com/gpu": "GPUs",
};

/** Why the pod is not running well; undefined when nothing is known to be in its way. `events` are the pod's own, oldest first. */
export function explainPod(pod: Pod, events: readonly KubeEvent[] = []): Explanation | undefined {
  const { phase } = pod.status ?? {};
  if (phase === "Failed" || phase === "Succeeded") return ended(pod);
  if (pod.spec.nodeName === undefined) return unscheduled(pod);
  const statuses = pod.status?.containerStatuses ?? [];
  for (const status of statuses) {
    const found = troubleOf(status);
    if (found !== undefined) return found;
  }
  if (isUnheard(pod)) return isTerminating(pod) ? nodeDead(pod) : nodeSilent(pod);
  return statuses.some(({ state }) => state?.running !== undefined) ? undefined : beforeContainers(events);
}

/** What people are told while a pod does not end because its node does not answer. */
export function nodeDead(pod: Pod): Explanation {
  return {
    reason: "node_dead",
    message:
      "The machine on which the project ran does not answer, so it is not certain that the project has ended there. " +
      "It goes on as soon as the machine is back or has been taken out of service; tell your administrator.",
    kubernetesReason: `pod ${pod.metadata.name} stays Terminating on node ${pod.spec.nodeName ?? "unknown"}`,
  };
}

/** What people are told while nobody knows how a pod is. */
function nodeSilent(pod: Pod): Explanation {
  return {
    reason: "node_dead",
    message:
      "The machine on which the project runs does not answer. Your files are safe. " +
      "The project is here again as soon as the machine is; if that takes long, tell your administrator.",
    kubernetesReason: `node ${pod.spec.nodeName ?? "unknown"} does not report; pod ${pod.metadata.name} is not Ready`,
  };
}

/** Kubernetes' reason and message of why a pod ended. */
function ended(pod: Pod): Explanation {
  const { reason = "", message = "" } = pod.status ?? {};
  const kubernetesReason = words(reason, message);
  if (reason === "Evicted" || reason === "Preempting" || reason === "NodeShutdown" || reason === "Terminated") {
    const message = "The machine on which the project ran had to take back its room; start the project again.";
    return { reason: "evicted", message, kubernetesReason };
  }
  const status = pod.status?.containerStatuses?.find(({ state }) => state?.terminated !== undefined);
  const crash = status === undefined ? undefined : crashOf(status);
  return (
    crash ?? { reason: "crashed", message: "The project's server ended; start the project again.", kubernetesReason }
  );
}

function unscheduled(pod: Pod): Explanation | undefined {
  const condition = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (condition?.status !== "False") return undefined;
  const { reason = "", message: detail = "" } = condition;
  const kubernetesReason = words(reason, detail);
  if (/persistentvolumeclaim|volume node affinity|unbound immediate/i.test(detail)) {
    const message = "The project's files cannot be reached: their volume is missing or not ready.";
    return { reason: "volume_failed", message, kubernetesReason };
  }
  return { reason: "no_room", message: noRoom(detail), kubernetesReason };
}

function noRoom(detail: string): string {
  const lacking = [...detail.matchAll(/Insufficient ([\w/-]+(?:\.[\w/-]+)*)/g)].map(
    ([, name = ""]) => RESOURCES[name] ?? name,
  );
  if (/Too many pods/i.test(detail)) lacking.push("room for another project");
  const unique = [...new Set(lacking)];
  if (unique.length > 0) {
    return `No machine has enough free ${unique.join(" and ")} for this project right now; it starts as soon as one has.`;
  }
  if (/^0\/0 nodes/.test(detail))
    return "There is no machine for projects at all right now; it starts when one is added.";
  return "No machine takes this project right now: those there are are reserved, being prepared or closed.";
}

function troubleOf(status: ContainerStatus): Explanation | undefined {
  const { reason = "", message: detail = "" } = status.state?.waiting ?? {};
  const kubernetesReason = words(reason, detail);
  if (PULL_FAILURES.has(reason)) {
    const image = status.image ? ` ${status.image}` : "";
    const message = `The software image${image} cannot be fetched; choose another one, or tell your administrator.`;
    return { reason: "image_pull_failed", message, kubernetesReason };
  }
  if (CREATE_FAILURES.has(reason)) {
    return {
      reason: "other",
      message: "The project's container cannot be made; tell your administrator.",
      kubernetesReason,
    };
  }
  if (status.state?.running !== undefined && status.ready) return undefined;
  return crashOf(status);
}

/** How the container ended, now or the last time; undefined if it never did. */
function crashOf(status: ContainerStatus): Explanation | undefined {
  const terminated = status.state?.terminated ?? status.lastState?.terminated;
  if (terminated === undefined) return undefined;
  const waiting = status.state?.waiting;
  const code = terminated.signal ? `signal ${terminated.signal}` : `exit code ${terminated.exitCode}`;
  const end = words(terminated.reason ?? "Ended", code);
  const kubernetesReason = words(waiting?.reason ?? "", end);
  if (terminated.reason === "OOMKilled") {
    const message = "The project needed more memory than it may use and was ended; use less, or ask for more.";
    return { reason: "out_of_memory", message, kubernetesReason };
  }
  return { reason: "crashed", message: `The project's server ended by itself (${code}).`, kubernetesReason };
}

/** On a node, no container yet: its newest telling event says what it waits for. */
function beforeContainers(events: readonly KubeEvent[]): Explanation | undefined {
  for (const { reason = "", message: detail = "" } of [...events].reverse()) {
    const kubernetesReason = words(reason, detail);
    if (VOLUME_EVENTS.has(reason)) {
      const message = "The project's files cannot be reached: their volume cannot be mounted yet.";
      return { reason: "volume_failed", message, kubernetesReason };
    }
    if (reason === "Pulling") {
      const message = "The software image is being fetched; this takes longer the first time on a machine.";
      return { reason: "image_pulling", message, kubernetesReason };
    }
    if (reason === "FailedCreatePodSandBox") {
      const message = "The machine cannot make room for the project's container yet.";
      return { reason: "other", message, kubernetesReason };
    }
    if (reason === "Pulled" || reason === "Created" || reason === "Started") return undefined;
  }
  return undefined;
}

function words(reason: string, message: string): string {
  const text = message === "" ? reason : reason === "" ? message : `${reason}: ${message}`;
  return text.slice(0, MAX_WORDS);
}
