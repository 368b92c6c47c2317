/** Takes a cluster away: its processes, mounts, networks, control groups and files; also what a crashed run left. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { exists } from "../../scripts/source-files.ts";
import { tryRun } from "./command.ts";
import { processesIn, removeGroups } from "./control-groups.ts";
import {
  CLUSTERS_FOLDER,
  type ClusterLayout,
  clusterLayout,
  MOST_NODES,
  type NodeLayout,
  nodeLayout,
} from "./layout.ts";
import { deleteNetworks } from "./network.ts";
import { killAll, processesOf, stopDaemons } from "./processes.ts";

/** Stops everything of `cluster` and removes all traces of it; safe to call on a half-started one, and twice. */
export async function clearCluster(cluster: ClusterLayout): Promise<void> {
  await stopDaemons(cluster);
  for (let number = 1; number <= MOST_NODES; number += 1) {
    await clearNode(nodeLayout(cluster, number));
  }
  await killAll(() => processesOf(cluster));
  await unmountBelow(cluster.folder);
  await deleteNetworks(cluster);
  await rm(cluster.folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Clears the clusters whose starter is no longer there. */
export async function clearLeftovers(say: (line: string) => void): Promise<void> {
  for (const name of await readdir(CLUSTERS_FOLDER).catch(() => [])) {
    const cluster = clusterLayout(name);
    const owner = await ownerOf(cluster);
    if (owner === "" || !(await exists(`/proc/${owner}`))) {
      say(`clearing what an earlier cluster left: ${name}`);
      await clearCluster(cluster);
    }
  }
}

/** Clears the clusters that stand, whole or half, on behalf of this process. */
export async function clearOwn(): Promise<void> {
  for (const name of await readdir(CLUSTERS_FOLDER).catch(() => [])) {
    const cluster = clusterLayout(name);
    if ((await ownerOf(cluster)) === String(process.pid)) {
      await clearCluster(cluster);
    }
  }
}

function ownerOf(cluster: ClusterLayout): Promise<string> {
  return readFile(ownerPath(cluster), "utf8").catch(() => "");
}

/** The file that names the process on whose behalf the cluster stands. */
export function ownerPath(cluster: ClusterLayout): string {
  return join(cluster.folder, "owner");
}

async function clearNode(node: NodeLayout): Promise<void> {
  await killAll(() => processesIn(node.cgroup));
  await removeGroups(node.cgroup);
}

async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile("/proc/self/mountinfo", "utf8")).split("\n").map((line) => line.split(" ")[4] ?? "");
  for (const path of mounts.reverse()) {
    if (path.startsWith(`${folder}/`)) {
      await tryRun("umount", ["--lazy", path]);
    }
  }
}
