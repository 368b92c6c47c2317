/** Nodes in the words of the summary that pages show: what each has, what is asked of it, what speaks against it. Pure. */

import { quantity } from "../../core/quantities.ts";
import type { Container, KubeNode, Pod } from "../../kube/types.ts";
import {
  type AllPods,
  isOfKubernetes,
  type NodeAmounts,
  type NodePressure,
  type NodeSummary,
  type NodesFact,
} from "../../protocol/cluster.ts";
import { hasEnded } from "../project-pods/condition-rules.ts";
import { offerOf } from "../project-pods/node-fit.ts";

const MOST_NODES = 500;
const MOST_IMAGES = 20;
const MOST_LABELS = 60;
/** Longest name of an image and value of a label that is told. */
const MOST_CHARACTERS = 200;

const PRESSURES: Readonly<Record<string, NodePressure>> = {
  MemoryPressure: "memory",
  DiskPressure: "disk",
  PIDPressure: "pids",
  NetworkUnavailable: "network",
};

/** The pods of all namespaces, or why they do not count. */
export type PodsEverywhere = { all_pods: "counted"; pods: readonly Pod[] } | { all_pods: Exclude<AllPods, "counted"> };

export function summaryOf(nodes: readonly KubeNode[], projects: readonly Pod[], everywhere: PodsEverywhere): NodesFact {
  const ours = requestedByNode(projects);
  const all = everywhere.all_pods === "counted" ? requestedByNode(everywhere.pods) : undefined;
  const sorted = nodes.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return {
    nodes: sorted.slice(0, MOST_NODES).map((node) => ({
      ...describe(node),
      requested: ours.get(node.metadata.name) ?? NOTHING,
      requested_by_all: all ? (all.get(node.metadata.name) ?? NOTHING) : null,
    })),
    left_out: Math.max(0, nodes.length - MOST_NODES),
    all_pods: everywhere.all_pods,
    refused: false,
  };
}

function describe(node: KubeNode): Omit<NodeSummary, "requested" | "requested_by_all"> {
  const { ready, schedulable, taints, labels } = offerOf(node);
  const { conditions = [], allocatable = {}, images = [] } = node.status ?? {};
  const named = images.flatMap(({ names = [] }) => nameOf(names) ?? []);
  return {
    name: node.metadata.name,
    ready,
    schedulable,
    pressure: conditions.flatMap(({ type, status }) => (status === "True" ? (PRESSURES[type] ?? []) : [])),
    taints: taints.map(({ key, value = "", effect }) => ({ key, value, effect })),
    labels: labelsToTell(labels),
    allocatable: amountsOf(allocatable, quantity(allocatable.pods) ?? 0),
    images: named.slice(0, MOST_IMAGES),
    images_left_out: Math.max(0, named.length - MOST_IMAGES),
  };
}

/** A name with a tag rather than a digest, where there is one. */
function nameOf(names: readonly string[]): string | undefined {
  return (names.find((name) => !name.includes("@")) ?? names[0])?.slice(0, MOST_CHARACTERS);
}

/** Those of administrators first, should there be too many; any may be what a pod template selects nodes by. */
function labelsToTell(labels: Readonly<Record<string, string>>): Record<string, string> {
  const all = Object.entries(labels).filter(([, value]) => value.length <= MOST_CHARACTERS);
  const [own, others] = [all.filter(([key]) => !isOfKubernetes(key)), all.filter(([key]) => isOfKubernetes(key))];
  return Object.fromEntries([...own, ...others].slice(0, MOST_LABELS));
}

const NOTHING: NodeAmounts = { cpu: 0, memory: 0, pods: 0, extended: {} };
const NOT_EXTENDED: ReadonlySet<string> = new Set(["cpu", "memory", "pods", "ephemeral-storage"]);

function amountsOf(amounts: Readonly<Record<string, unknown>>, pods: number): NodeAmounts {
  const extended = Object.entries(amounts).flatMap(([name, value]) => {
    const number = NOT_EXTENDED.has(name) || name.startsWith("hugepages-") ? 0 : (quantity(value) ?? 0);
    return number > 0 ? [[name, number] as const] : [];
  });
  const of = (name: string) => quantity(amounts[name]) ?? 0;
  return { cpu: of("cpu"), memory: of("memory"), pods, extended: Object.fromEntries(extended) };
}

/** What the pods on each node ask for; those that have ended ask for nothing. */
function requestedByNode(pods: readonly Pod[]): Map<string, NodeAmounts> {
  const byNode = new Map<string, NodeAmounts>();
  for (const pod of pods) {
    const { nodeName } = pod.spec;
    if (nodeName === undefined || hasEnded(pod)) continue;
    byNode.set(nodeName, sum(byNode.get(nodeName) ?? NOTHING, requestedBy(pod)));
  }
  return byNode;
}

/** Pods of a cache are replaced, never changed; thousands are summed up again and again. */
const known = new WeakMap<Pod, NodeAmounts>();

/** As the scheduler counts: containers and sidecars together, or the largest of the containers before them. */
function requestedBy(pod: Pod): NodeAmounts {
  const before = known.get(pod);
  if (before !== undefined) return before;
  const { initContainers = [], overhead = {} } = pod.spec as {
    initContainers?: Container[];
    overhead?: Record<string, string>;
  }; // as the API defines them
  const isSidecar = ({ restartPolicy }: Container) => restartPolicy === "Always";
  const requestOf = ({ resources }: Container) => amountsOf(resources?.requests ?? {}, 0);
  const lasting = [...pod.spec.containers, ...initContainers.filter(isSidecar)].map(requestOf).reduce(sum, NOTHING);
  const first = initContainers
    .filter((one) => !isSidecar(one))
    .map(requestOf)
    .reduce(larger, NOTHING);
  const requested = sum(larger(lasting, first), amountsOf(overhead, 1));
  known.set(pod, requested);
  return requested;
}

function sum(a: NodeAmounts, b: NodeAmounts): NodeAmounts {
  return combine(a, b, (x, y) => x + y);
}

function larger(a: NodeAmounts, b: NodeAmounts): NodeAmounts {
  return combine(a, b, Math.max);
}

function combine(a: NodeAmounts, b: NodeAmounts, by: (x: number, y: number) => number): NodeAmounts {
  const names = new Set([...Object.keys(a.extended), ...Object.keys(b.extended)]);
  return {
    cpu: rounded(by(a.cpu, b.cpu)),
    memory: by(a.memory, b.memory),
    pods: by(a.pods, b.pods),
    extended: Object.fromEntries([...names].map((name) => [name, by(a.extended[name] ?? 0, b.extended[name] ?? 0)])),
  };
}

/** To a thousandth of a core, as Kubernetes has it. */
function rounded(cores: number): number {
  return Math.round(cores * 1_000) / 1_000;
}
