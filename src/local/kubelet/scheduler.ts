/** Binds waiting pods to the one node when they fit, in the order of their making; says why not in Kubernetes' words. */

import type { Life } from "../../core/life.ts";
import { bytesOf, coresOf } from "../../core/quantities.ts";
import { asObject, asObjects, asText, at, type Json, sameJson } from "../kube-api/json.ts";
import type { Store } from "../kube-api/store.ts";
import { type ApiObject, claimType, nodeType, podType, timestamp } from "../kube-api/types.ts";
import { EventRecorder } from "./events.ts";
import { extendedOf, type Requests, requestsOf } from "./pod-plan.ts";

const OUR_NAME = "default-scheduler";

/** Looks at all waiting pods soon after anything changed that may let one go. */
export function openScheduler(life: Life, store: Store): void {
  const events = new EventRecorder(store, { component: OUR_NAME, host: "" });
  let due: NodeJS.Immediate | undefined;
  const look = () => {
    due = undefined;
    schedule(store, events);
  };
  const stop = store.listen(({ type, before, after }) => {
    const relevant = type === podType ? !before || !after || isOver(after) : type === nodeType || type === claimType;
    if (relevant) due ??= setImmediate(look);
  });
  life.defer("scheduler", () => {
    stop();
    clearImmediate(due);
  });
}

function schedule(store: Store, events: EventRecorder): void {
  const waiting = store.all(podType).filter(isWaiting).sort(byAge);
  if (waiting.length === 0) return;
  const nodes = store.all(nodeType).map((node) => ({ node, used: usageOf(store, node) }));
  for (const pod of waiting) {
    const reasons = nodes.map((place) => obstacles(store, pod, place));
    const fit = nodes[reasons.findIndex((found) => found.length === 0)];
    if (!fit) {
      sayWhyNot(store, events, { pod, message: notAvailable(nodes.length, reasons) });
      continue;
    }
    fit.used = sum(fit.used, usageOfOne(pod));
    bind(store, events, { pod, node: fit.node });
  }
}

interface Usage extends Requests {
  pods: number;
  extended: Readonly<Record<string, number>>;
}

interface Place {
  node: ApiObject;
  /** What the pods on it ask for. */
  used: Usage;
}

/** What the pods on a node ask for: all of them, or those that are chosen. */
export function usageOf(
  store: Store,
  { metadata }: ApiObject,
  isChosen: (pod: ApiObject) => boolean = () => true,
): Usage {
  return store
    .all(podType)
    .filter((pod) => at(pod, "spec", "nodeName") === metadata.name && !isOver(pod) && isChosen(pod))
    .map(usageOfOne)
    .reduce(sum, { pods: 0, cores: 0, memoryBytes: 0, extended: {} });
}

function usageOfOne(pod: ApiObject): Usage {
  return { pods: 1, ...requestsOf(pod), extended: extendedOf(pod) };
}

function sum(a: Usage, b: Usage): Usage {
  const names = [...Object.keys(a.extended), ...Object.keys(b.extended)];
  return {
    pods: a.pods + b.pods,
    cores: a.cores + b.cores,
    memoryBytes: a.memoryBytes + b.memoryBytes,
    extended: Object.fromEntries(names.map((name) => [name, (a.extended[name] ?? 0) + (b.extended[name] ?? 0)])),
  };
}

function isWaiting({ metadata, spec }: ApiObject): boolean {
  const { nodeName, schedulerName } = asObject(spec);
  const ours = schedulerName === undefined || schedulerName === OUR_NAME;
  return ours && !asText(nodeName) && metadata.deletionTimestamp === undefined;
}

function isOver({ status }: ApiObject): boolean {
  return ["Succeeded", "Failed"].includes(asText(asObject(status).phase));
}

function byAge(a: ApiObject, b: ApiObject): number {
  const [x, y] = [a, b].map(({ metadata }) => metadata.creationTimestamp ?? "");
  if (x !== y) return (x ?? "") < (y ?? "") ? -1 : 1;
  return 0; // within a second the order of the store, which is that of making
}

/** Why a pod cannot go to a node; empty when it can. */
function obstacles(store: Store, pod: ApiObject, { node, used }: Place): string[] {
  const missing = missingClaim(store, pod);
  if (missing !== undefined) return [`persistentvolumeclaim "${missing}" not found`];
  if (at(node, "spec", "unschedulable") === true) return ["node(s) were unschedulable"];
  const selector = Object.entries(asObject(at(pod, "spec", "nodeSelector")));
  const labels = node.metadata.labels ?? {};
  if (selector.some(([key, value]) => labels[key] !== value)) {
    return ["node(s) didn't match Pod's node affinity/selector"];
  }
  const taint = asObjects(at(node, "spec", "taints")).find((found) => !isTolerated(pod, found));
  if (taint) return [`node(s) had untolerated taint {${asText(taint.key)}: ${asText(taint.value)}}`];
  return shortages(node, sum(used, usageOfOne(pod)));
}

function missingClaim(store: Store, pod: ApiObject): string | undefined {
  const names = asObjects(at(pod, "spec", "volumes"))
    .map(({ persistentVolumeClaim }) => asText(asObject(persistentVolumeClaim).claimName))
    .filter((name) => name !== "");
  return names.find((name) => !store.get(claimType, pod.metadata.namespace, name));
}

function isTolerated(pod: ApiObject, { key, value, effect }: Json): boolean {
  if (effect === "PreferNoSchedule") return true;
  return asObjects(at(pod, "spec", "tolerations")).some((toleration) => {
    if (toleration.effect && toleration.effect !== effect) return false;
    if (toleration.operator === "Exists") return !toleration.key || toleration.key === key;
    return toleration.key === key && asText(toleration.value) === asText(value);
  });
}

/** What a node has too little of for this usage. */
function shortages(node: ApiObject, wanted: Usage): string[] {
  const { pods, cpu, memory, ...others } = asObject(at(node, "status", "allocatable"));
  const extended = Object.entries(wanted.extended).filter(([name, count]) => count > (bytesOf(others[name]) ?? 0));
  return [
    ...(wanted.pods > Number(pods) ? ["Too many pods"] : []),
    ...(wanted.cores > (coresOf(cpu) ?? 0) + 1e-9 ? ["Insufficient cpu"] : []),
    ...(wanted.memoryBytes > (bytesOf(memory) ?? 0) ? ["Insufficient memory"] : []),
    ...extended.map(([name]) => `Insufficient ${name}`),
  ];
}

function notAvailable(count: number, reasons: string[][]): string {
  const flat = reasons.flat();
  if (count === 0) return "no nodes available to schedule pods";
  if (flat.some((reason) => reason.startsWith("persistentvolumeclaim"))) return flat[0] ?? "";
  const counted = [...new Set(flat)]
    .sort()
    .map((reason) => `${flat.filter((other) => other === reason).length} ${reason}`);
  const short = flat.some((reason) => reason.startsWith("Insufficient") || reason === "Too many pods");
  const preemption = short
    ? "No preemption victims found for incoming pod"
    : "Preemption is not helpful for scheduling";
  const available = `0/${count} nodes are available`;
  return `${available}: ${counted.join(", ")}. preemption: ${available}: ${count} ${preemption}.`;
}

function bind(store: Store, events: EventRecorder, { pod, node }: { pod: ApiObject; node: ApiObject }): void {
  const { name, namespace } = pod.metadata;
  const bound = store.put(podType, {
    ...pod,
    spec: { ...asObject(pod.spec), nodeName: node.metadata.name },
    status: withScheduled(asObject(pod.status), { type: "PodScheduled", status: "True" }),
  });
  const message = `Successfully assigned ${namespace}/${name} to ${node.metadata.name}`;
  events.record(bound, { type: "Normal", reason: "Scheduled", message });
}

function sayWhyNot(store: Store, events: EventRecorder, { pod, message }: { pod: ApiObject; message: string }): void {
  const status = withScheduled(asObject(pod.status), {
    type: "PodScheduled",
    status: "False",
    reason: "Unschedulable",
    message,
  });
  if (sameJson(status, pod.status)) return;
  const told = store.put(podType, { ...pod, status });
  events.record(told, { type: "Warning", reason: "FailedScheduling", message });
}

function withScheduled(status: Json, condition: Json): Json {
  const conditions = asObjects(status.conditions);
  const before = conditions.find(({ type }) => type === "PodScheduled");
  const since = before?.status === condition.status ? before?.lastTransitionTime : timestamp();
  const others = conditions.filter(({ type }) => type !== "PodScheduled");
  return { ...status, conditions: [...others, { lastProbeTime: null, lastTransitionTime: since, ...condition }] };
}
