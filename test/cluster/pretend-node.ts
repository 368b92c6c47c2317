/** A node that is only said to be there, and a pool of its own, so that nothing but what is meant for it comes to it. We are its kubelet: its pods are ready as soon as they are bound to it, and gone when they should end. */
import { every } from "../../src/core/clock.ts";
import type { Life } from "../../src/core/life.ts";
import { openWire, type Wire, type WireBody } from "../contract/wire.ts";
import { until } from "../helpers/until.ts";
import type { World } from "./world.ts";

const LOOK_MS = 100;
/** Kubernetes calls a node unknown that said nothing for 40 s. */
const HEARTBEAT_MS = 5_000;
const RESOURCES = { cpu: "1000", memory: "4000Gi", pods: "1000", "ephemeral-storage": "4000Gi" };
/** The label of pools, and the key of their taint. */
const POOL = "cocalc-pool";
const MERGE = "application/merge-patch+json";

/** Adds it until the life ends; resolves when the scheduler may use it. Its pool has its name. `onPods` is told which pods it has, at every look. */
export async function openPretendNode(
  life: Life,
  { target }: World,
  { name, onPods }: { name: string; onPods: (pods: WireBody[]) => void },
): Promise<void> {
  const wire = await openWire(life, target.kubeconfig);
  const node = `/api/v1/nodes/${name}`;
  const spec = { taints: [{ key: POOL, value: name, effect: "NoSchedule" }] };
  await ask(wire, "POST", "/api/v1/nodes", {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { [POOL]: name } },
    spec,
  });
  life.defer(`node ${name}`, async () => {
    await wire.send("DELETE", node);
  });
  life.run(`heartbeat of ${name}`, (signal) =>
    every(HEARTBEAT_MS, signal, () => ask(wire, "PATCH", `${node}/status`, { status: nodeStatus() })),
  );
  await ask(wire, "PATCH", `${node}/status`, { status: nodeStatus() });
  await until(async () => {
    const { body } = await wire.send("GET", node);
    const { taints = [] } = body.spec as { taints?: unknown[] }; // every node has it
    return taints.length === 1; // a node that is ready has no other than its own
  });
  life.run(`pods of ${name}`, (signal) =>
    every(LOOK_MS, signal, async () => onPods(await serve(wire, target.site.namespace, name))),
  );
}

function nodeStatus(): object {
  const time = new Date().toISOString();
  const ready = { type: "Ready", status: "True", reason: "KubeletReady", lastHeartbeatTime: time };
  return { capacity: RESOURCES, allocatable: RESOURCES, conditions: [ready] };
}

/** One look at the node's pods. */
async function serve(wire: Wire, namespace: string, name: string): Promise<WireBody[]> {
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const { body } = await wire.send("GET", path, { query: { fieldSelector: `spec.nodeName=${name}` } });
  await Promise.all(
    body.items.map(async ({ metadata, spec, status }) => {
      const pod = `${path}/${metadata.name}`;
      if (metadata.deletionTimestamp !== undefined)
        await wire.send("DELETE", pod, { query: { gracePeriodSeconds: "0" } });
      else if (status?.phase === "Pending") await ask(wire, "PATCH", `${pod}/status`, { status: podStatus(spec) });
    }),
  );
  return body.items;
}

function podStatus(spec: WireBody["spec"]): object {
  const time = new Date().toISOString();
  const containers = spec?.containers as { name: string; image: string }[]; // every pod has them
  const containerStatuses = containers.map(({ name, image }) => ({
    ...{ name, image, imageID: image, ready: true, started: true, restartCount: 0 },
    state: { running: { startedAt: time } },
  }));
  const conditions = ["Initialized", "Ready", "ContainersReady"].map((type) => ({
    ...{ type, status: "True", lastTransitionTime: time },
  }));
  return { phase: "Running", podIP: "192.0.2.7", podIPs: [{ ip: "192.0.2.7" }], conditions, containerStatuses };
}

async function ask(wire: Wire, method: string, path: string, body: object): Promise<void> {
  const contentType = method === "PATCH" ? MERGE : "application/json";
  const { status, text } = await wire.send(method, path, { body, contentType });
  // A pod that is gone by now, or a version later, is served at the next look.
  if (status >= 300 && status !== 404 && status !== 409) throw new Error(`${method} ${path}: ${text}`);
}
