/** A Kubernetes cluster of one to nine nodes on this machine: starting it, growing it, hurting it, ending it. */

import { randomBytes } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { type Binaries, ensureBinaries } from "./binaries.ts";
import { clearCluster, clearLeftovers, ownerPath } from "./clear.ts";
import { resumeApiServer, startControlPlane, stopApiServer } from "./control-plane.ts";
import { ensurePauseImage } from "./images.ts";
import { kubectl } from "./kubectl.ts";
import { type ClusterLayout, clusterLayout, type NodeLayout, nodeLayout } from "./layout.ts";
import { enterNamespace } from "./network.ts";
import { joinNode, loadImage, powerOffNode, resumeNode, signalPodOn, silenceNode, startNodeRuntime } from "./node.ts";
import { CLUSTER_PACKAGES, ensurePackages } from "./packages.ts";

export interface ClusterOptions {
  /** How many nodes to start with; 1 if not said. */
  nodes?: number;
  /** How long etcd keeps old versions of objects; the API server's own five minutes if not said. */
  versionsKeptSeconds?: number;
  /** Told what is going on, a line each. */
  say?: (line: string) => void;
}

/** A standing cluster. All of it works from any process on the machine that opens it by name. */
export interface Cluster {
  readonly name: string;
  readonly layout: ClusterLayout;
  readonly kubeconfigPath: string;
  /** The start of a command line that runs what follows where nodes, pods and Services can be reached. */
  readonly enter: string[];
  kubectl(args: string[], input?: string): Promise<string>;
  nodes(): Promise<NodeLayout[]>;
  /** Adds so many nodes, with the images given, and waits until they are Ready. */
  addNodes(count: number, archives?: string[]): Promise<NodeLayout[]>;
  /** Puts the images of an OCI archive on every node. */
  loadImage(archive: string): Promise<void>;
  /** The node falls silent, and its pods run on; `powerOffNode` ends them too. */
  silenceNode(node: NodeLayout): Promise<void>;
  powerOffNode(node: NodeLayout): Promise<void>;
  /** Brings back a node that was silenced or powered off; returns when it is Ready. */
  resumeNode(node: NodeLayout): Promise<void>;
  /** Every process of the pod with this uid stands still (SIGSTOP) until it is thawed; what its kernel does for it goes on. */
  freezePod(uid: string): Promise<void>;
  thawPod(uid: string): Promise<void>;
  pauseApiServer(): Promise<void>;
  resumeApiServer(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a cluster, building and installing what lacks; returns when all nodes are Ready. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const say = options.say ?? (() => {});
  await ensurePackages(CLUSTER_PACKAGES, say);
  await clearLeftovers(say);
  const binaries = await ensureBinaries(say);
  const layout = clusterLayout(`ck${randomBytes(2).toString("hex")}`);
  await mkdir(layout.folder, { recursive: true });
  await writeFile(ownerPath(layout), String(process.pid));
  const cluster = openStanding(layout, binaries);
  try {
    say("starting the control plane");
    await startNodeRuntime(layout, nodeLayout(layout, 1));
    await startControlPlane(layout, binaries, options.versionsKeptSeconds ?? 300);
    await fillNode(layout, { node: nodeLayout(layout, 1), archives: [], binaries });
    const more = (options.nodes ?? 1) - 1;
    if (more > 0) {
      say(`adding ${more} more`);
      await cluster.addNodes(more);
    }
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

/** Opens a cluster that another process started, by its name. */
export async function openCluster(name: string): Promise<Cluster> {
  return openStanding(clusterLayout(name), await ensureBinaries(() => {}));
}

interface Filling {
  node: NodeLayout;
  archives: string[];
  binaries: Binaries;
}

async function fillNode(layout: ClusterLayout, { node, archives, binaries }: Filling): Promise<void> {
  for (const archive of [await ensurePauseImage(), ...archives]) {
    await loadImage(node, archive);
  }
  await joinNode(layout, node, binaries);
}

function openStanding(layout: ClusterLayout, binaries: Binaries): Cluster {
  const cluster: Cluster = {
    name: layout.name,
    layout,
    kubeconfigPath: layout.adminKubeconfig,
    enter: enterNamespace(nodeLayout(layout, 1).namespace),
    kubectl: (args, input) => kubectl(layout, args, input === undefined ? {} : { input }),
    nodes: () => standingNodes(layout),
    addNodes: async (count, archives = []) => {
      const first = (await standingNodes(layout)).length + 1;
      const nodes = Array.from({ length: count }, (_, index) => nodeLayout(layout, first + index));
      for (const node of nodes) {
        // One after the other: each is told the way to those before it.
        await startNodeRuntime(layout, node);
      }
      await Promise.all(nodes.map((node) => fillNode(layout, { node, archives, binaries })));
      return nodes;
    },
    loadImage: async (archive) => {
      await Promise.all((await standingNodes(layout)).map((node) => loadImage(node, archive)));
    },
    silenceNode: (node) => silenceNode(layout, node),
    powerOffNode: (node) => powerOffNode(layout, node),
    resumeNode: (node) => resumeNode(layout, node),
    freezePod: (uid) => signalPod(layout, uid, "SIGSTOP"),
    thawPod: (uid) => signalPod(layout, uid, "SIGCONT"),
    pauseApiServer: () => stopApiServer(layout),
    resumeApiServer: () => resumeApiServer(layout),
    stop: () => clearCluster(layout),
  };
  return cluster;
}

/** A pod is on one of the nodes, whichever. */
async function signalPod(layout: ClusterLayout, uid: string, name: NodeJS.Signals): Promise<void> {
  for (const node of await standingNodes(layout)) await signalPodOn(node, uid, name);
}

async function standingNodes(layout: ClusterLayout): Promise<NodeLayout[]> {
  const folders = (await readdir(layout.folder)).filter((entry) => /^n\d$/.test(entry));
  return folders.sort().map((entry) => nodeLayout(layout, Number(entry.slice(1))));
}
