/** One node of a cluster: container runtime, kubelet and kube-proxy in a network namespace, with the images it needs; its death and return. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Binaries } from "./binaries.ts";
import { makeKubeconfig } from "./certificates.ts";
import { run } from "./command.ts";
import { makeGroups, processesIn, processesOfPod } from "./control-groups.ts";
import { kubectl } from "./kubectl.ts";
import type { ClusterLayout, NodeLayout } from "./layout.ts";
import { openNodeNetwork } from "./network.ts";
import { writeNodeFiles } from "./node-files.ts";
import { killAll, processesOf, restartDaemon, signal, startDaemon, stopDaemon } from "./processes.ts";
import { waitFor } from "./wait.ts";

/** Makes the network of a node and starts its container runtime, so that images can be loaded. */
export async function startNodeRuntime(cluster: ClusterLayout, node: NodeLayout): Promise<void> {
  await openNodeNetwork(cluster, node);
  await makeGroups(node.cgroup);
  await writeNodeFiles(cluster, node);
  await startDaemon(cluster, {
    name: `containerd-${node.number}`,
    namespace: node.namespace,
    program: "containerd",
    args: ["--config", join(node.folder, "containerd.toml"), "--log-level", "warn"],
  });
  await runtimeAnswers(node);
}

async function runtimeAnswers(node: NodeLayout): Promise<void> {
  await waitFor({ what: `containerd of ${node.name}`, timeoutMs: 30_000 }, async () => {
    await ctr(node, ["version"]);
    return true;
  });
}

/** Starts kubelet and kube-proxy of a node and returns when Kubernetes calls it Ready. */
export async function joinNode(cluster: ClusterLayout, node: NodeLayout, binaries: Binaries): Promise<void> {
  await startKubelet(cluster, node, binaries);
  await startDaemon(cluster, {
    name: `kube-proxy-${node.number}`,
    namespace: node.namespace,
    program: join(binaries.kubernetes, "kube-proxy"),
    args: [`--config=${node.folder}/kube-proxy.json`],
  });
  await nodeReady(cluster, node);
}

async function nodeReady(cluster: ClusterLayout, node: NodeLayout): Promise<void> {
  await waitFor({ what: `${node.name} is Ready`, timeoutMs: 90_000, everyMs: 250 }, () => isReady(cluster, node));
}

/** Kills all that speaks for a node, as a machine that hangs or is cut off would fall silent; its pods run on, unseen. */
export async function silenceNode(cluster: ClusterLayout, node: NodeLayout): Promise<void> {
  for (const daemon of daemonsOf(node)) {
    await stopDaemon(cluster, daemon, 0);
  }
}

/** Kills all that runs on a node, its pods too, as a power cut would. */
export async function powerOffNode(cluster: ClusterLayout, node: NodeLayout): Promise<void> {
  await silenceNode(cluster, node);
  await killAll(async () => [...(await processesOf(node)), ...(await processesIn(node.cgroup))]);
}

/** Sends a signal to every process of the pod with this uid; a pod of another node has none here. */
export async function signalPodOn(node: NodeLayout, uid: string, name: NodeJS.Signals): Promise<void> {
  for (const id of await processesOfPod(node.cgroup, uid)) signal(id, name);
}

/** Starts a node again that was silenced or powered off, and waits until Kubernetes calls it Ready. */
export async function resumeNode(cluster: ClusterLayout, node: NodeLayout): Promise<void> {
  const [kubelet, proxy, runtime] = daemonsOf(node);
  await restartDaemon(cluster, runtime);
  await runtimeAnswers(node);
  await restartDaemon(cluster, kubelet);
  await restartDaemon(cluster, proxy);
  await nodeReady(cluster, node);
}

/** In the order of dying: a kubelet that lives on would tell of its runtime's end. */
function daemonsOf({ number }: NodeLayout): [kubelet: string, proxy: string, runtime: string] {
  return [`kubelet-${number}`, `kube-proxy-${number}`, `containerd-${number}`];
}

/** Puts the images of an OCI archive into the node's store. */
export async function loadImage(node: NodeLayout, archive: string): Promise<void> {
  await ctr(node, ["images", "import", archive]);
}

async function startKubelet(cluster: ClusterLayout, node: NodeLayout, binaries: Binaries): Promise<void> {
  const kubeconfig = join(node.folder, "kubelet.kubeconfig");
  const subject = `/O=system:nodes/CN=system:node:${node.name}`;
  await makeKubeconfig(cluster, { file: `kubelet-${node.number}`, subject }, kubeconfig);
  await mkdir(join(node.folder, "kubelet"), { recursive: true });
  await startDaemon(cluster, {
    name: `kubelet-${node.number}`,
    namespace: node.namespace,
    program: join(binaries.kubernetes, "kubelet"),
    args: [
      `--config=${node.folder}/kubelet.json`,
      `--kubeconfig=${kubeconfig}`,
      `--root-dir=${node.folder}/kubelet`,
      `--cert-dir=${node.folder}/kubelet-pki`,
      `--hostname-override=${node.name}`,
      `--node-ip=${node.address}`,
    ],
  });
}

async function isReady(cluster: ClusterLayout, node: NodeLayout): Promise<boolean> {
  const path = '{.status.conditions[?(@.type=="Ready")].status}';
  return (await kubectl(cluster, ["get", "node", node.name, "-o", `jsonpath=${path}`])) === "True";
}

async function ctr(node: NodeLayout, args: string[]): Promise<string> {
  return run("ctr", ["--address", node.containerdSocket, "--namespace", "k8s.io", ...args]);
}
