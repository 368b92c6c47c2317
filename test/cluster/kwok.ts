/** Nodes that are only said to be there, kept by kwok: their pods become ready after a while, which may be longer on some, and are gone when they should end. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Life } from "../../src/core/life.ts";
import { nodes } from "../../src/kube/resources.ts";
import type { Kube, KubeNode } from "../../src/kube/types.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { until } from "../helpers/until.ts";
import { ensureKwok } from "./binaries.ts";

/** So many nodes on which a pod is ready `readyMs` after it was bound to one, a tenth more or less. */
export interface Speed {
  name: string;
  count: number;
  readyMs: number;
}

interface PretendedNodes {
  /** The pool that they are, so that nothing but what is meant for them comes to them. */
  pool: string;
  speeds: readonly Speed[];
}

interface Reachable {
  kube: Kube;
  kubeconfig: string;
  /** Starts a program that ends with the life. */
  start: (command: string, args: string[]) => void;
}

/** The label of pools, and the key of their taint. */
const POOL = "cocalc-pool";
const MANAGED = "cocalc-test-kwok";
const API = "kwok.x-k8s.io/v1alpha1";

/** Adds them until the life ends; resolves when the scheduler may use all. */
export async function openPretendedNodes(
  life: Life,
  { kube, kubeconfig, start }: Reachable,
  { pool, speeds }: PretendedNodes,
): Promise<void> {
  const folder = await temporaryFolder(life, "kwok");
  const config = join(folder, "stages.yaml");
  const stages = [...speeds.map((speed) => readyStage(pool, speed)), DELETE_STAGE, NODE_STAGE];
  await writeFile(config, stages.map((stage) => JSON.stringify(stage)).join("\n---\n"));
  const names = speeds.flatMap((speed) => namesOf(pool, speed));
  for (const name of names) {
    await kube.create(nodes, nodeNamed(name, pool));
    life.defer(`node ${name}`, () => kube.delete(nodes, name));
  }
  start(join(await ensureKwok(() => {}), "kwok"), [
    ...["--kubeconfig", kubeconfig, "--config", config, "--manage-all-nodes=false"],
    ...[`--manage-nodes-with-label-selector=${MANAGED}=${pool}`, "--cidr=10.244.0.0/16"],
    // Else it keeps no leases, and after some time all is unready that is on the nodes.
    "--node-lease-duration-seconds=40",
  ]);
  await until(
    async () => {
      const { items } = await kube.list(nodes, { labelSelector: `${MANAGED}=${pool}` });
      return items.length === names.length && items.every(isOpen);
    },
    { what: "the pretended nodes are ready", timeoutMs: 60_000, everyMs: 200 },
  );
}

/** What a pod needs that is made by hand for these nodes. */
export function placementIn(pool: string): object {
  return {
    nodeSelector: { [POOL]: pool },
    tolerations: [{ key: POOL, operator: "Equal", value: pool, effect: "NoSchedule" }],
  };
}

function namesOf(pool: string, { name, count }: Speed): string[] {
  return Array.from({ length: count }, (_, index) => `${pool}-${name}-${index}`);
}

function nodeNamed(name: string, pool: string): KubeNode {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { [POOL]: pool, [MANAGED]: pool } },
    spec: { taints: [{ key: POOL, value: pool, effect: "NoSchedule" }] },
  };
}

/** Ready, and with no taint but its own. */
function isOpen({ spec, status }: KubeNode): boolean {
  const isReady = status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true;
  return isReady && spec?.taints?.length === 1;
}

const stage = (
  kind: "Node" | "Pod",
  name: string,
  { selector, ...rest }: { selector: object[]; delay?: object; next: object },
) => ({
  apiVersion: API,
  kind: "Stage",
  metadata: { name },
  spec: { resourceRef: { apiGroup: "v1", kind }, selector: { matchExpressions: selector }, ...rest },
});

const RESOURCES = '{cpu: "1000", memory: 4000Gi, pods: "20000", ephemeral-storage: 4000Gi}';
/** Once: after that kwok keeps the node's lease. */
const NODE_STAGE = stage("Node", "node-ready", {
  selector: [
    { key: '.status.conditions.[] | select( .type == "Ready" ) | .status', operator: "NotIn", values: ["True"] },
  ],
  next: {
    statusTemplate: `{{ $now := Now | Quote }}
conditions: [{type: Ready, status: "True", reason: KubeletReady, message: "", lastHeartbeatTime: {{ $now }}, lastTransitionTime: {{ $now }}}]
capacity: ${RESOURCES}
allocatable: ${RESOURCES}
`,
  },
});

const DELETE_STAGE = stage("Pod", "pod-delete", {
  selector: [{ key: ".metadata.deletionTimestamp", operator: "Exists" }],
  next: { delete: true },
});

function readyStage(pool: string, speed: Speed): object {
  const isPending = [
    { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" },
    { key: ".status.phase", operator: "In", values: ["Pending"] },
    { key: ".spec.nodeName", operator: "In", values: namesOf(pool, speed) },
  ];
  const delay = { durationMilliseconds: 0.9 * speed.readyMs, jitterDurationMilliseconds: 1.1 * speed.readyMs };
  return stage("Pod", `pod-ready-${speed.name}`, { selector: isPending, delay, next: { statusTemplate: READY } });
}

/** In the language of kwok's templates. */
const READY = `{{ $now := Now }}
conditions:
{{ range $type := (list "Initialized" "Ready" "ContainersReady") }}- {type: {{ $type }}, status: "True", lastTransitionTime: {{ $now | Quote }}}
{{ end }}
containerStatuses:
{{ range .spec.containers }}- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: true
  started: true
  restartCount: 0
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ end }}
{{ with (PodIPsWith .spec.nodeName false .metadata.uid .metadata.name .metadata.namespace) }}podIP: {{ index . 0 | Quote }}
podIPs: [{ip: {{ index . 0 | Quote }}}]
{{ end }}
phase: Running
startTime: {{ $now | Quote }}
`;
