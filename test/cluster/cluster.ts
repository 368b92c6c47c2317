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
import { joinNode, loadImage, startNodeRuntime } from "./node.ts";
import { ensurePackages } from "./packages.ts";

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
  /** Adds one node, with the images given, and waits until it is Ready. */
  addNode(archives?: string[]): Promise<NodeLayout>;
  /** Puts the images of an OCI archive on every node. */
  loadImage(archive: string): Promise<void>;
  pauseApiServer(): Promise<void>;
  resumeApiServer(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a cluster, building and installing what lacks; returns when all nodes are Ready. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const say = options.say ?? (() => {});
  await ensurePackages(say);
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
    await readyNode(layout, 1, binaries);
    for (let number = 2; number <= (options.nodes ?? 1); number += 1) {
      say(`adding node ${number}`);
      await cluster.addNode();
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

async function readyNode(layout: ClusterLayout, number: number, binaries: Binaries): Promise<void> {
  const node = nodeLayout(layout, number);
  await loadImage(node, await ensurePauseImage());
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
    addNode: async (archives = []) => {
      const number = (await standingNodes(layout)).length + 1;
      const node = nodeLayout(layout, number);
      await startNodeRuntime(layout, node);
      for (const archive of archives) {
        await loadImage(node, archive);
      }
      await readyNode(layout, number, binaries);
      return node;
    },
    loadImage: async (archive) => {
      await Promise.all((await standingNodes(layout)).map((node) => loadImage(node, archive)));
    },
    pauseApiServer: () => stopApiServer(layout),
    resumeApiServer: () => resumeApiServer(layout),
    stop: () => clearCluster(layout),
  };
  return cluster;
}

async function standingNodes(layout: ClusterLayout): Promise<NodeLayout[]> {
  const folders = (await readdir(layout.folder)).filter((entry) => /^n\d$/.test(entry));
  return folders.sort().map((entry) => nodeLayout(layout, Number(entry.slice(1))));
}
