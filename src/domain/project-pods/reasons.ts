/** Why a project's pod waits or failed. Pure. */

import type { KubeEvent, Pod } from "../../kube/types.ts";
import { isTerminating, isUnheard } from "./condition-rules.ts";
import { mainStatus } from "./container-rules.ts";
import { endIn, troubleIn } from "./container-trouble.ts";
import { waitByEvents } from "./event-reasons.ts";
import { type Explanation, words } from "./explanation-rules.ts";
import { noRoomOnChosenNode, noRoomOnNodes } from "./no-room.ts";

/** Why the pod is not running well; undefined when nothing is known to be in its way. `events` are the pod's own, oldest first. */
export function explainPod(pod: Pod, events: readonly KubeEvent[] = []): Explanation | undefined {
  const { phase } = pod.status ?? {};
  if (phase === "Failed" || phase === "Succeeded") return ended(pod);
  if (pod.spec.nodeName === undefined) return unscheduled(pod);
  const trouble = troubleIn(pod);
  if (trouble !== undefined) return trouble;
  if (isUnheard(pod)) return isTerminating(pod) ? nodeDead(pod) : nodeSilent(pod);
  return mainStatus(pod)?.state?.running !== undefined ? undefined : waitByEvents(events);
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

const TAKEN_BACK = new Set(["Evicted", "Preempting", "NodeShutdown", "Terminated"]);
/** What a kubelet says that refuses a pod which was placed on its node. */
const REFUSED = /^(OutOf|UnexpectedAdmissionError|NodeAffinity|NodeName|NodeUnschedulable|NodePorts|TaintToleration)/;

/** Kubernetes' reason and message of why a pod ended. */
function ended(pod: Pod): Explanation {
  const { reason = "", message = "" } = pod.status ?? {};
  const kubernetesReason = words(reason, message);
  if (REFUSED.test(reason)) return noRoomOnChosenNode(kubernetesReason);
  if (TAKEN_BACK.has(reason)) {
    const message = "The machine on which the project ran had to take back its room; start the project again.";
    return { reason: "evicted", message, kubernetesReason };
  }
  return (
    endIn(pod) ?? {
      reason: "crashed",
      message: "The project's server ended; start the project again.",
      kubernetesReason,
    }
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
  return noRoomOnNodes(detail, kubernetesReason);
}
