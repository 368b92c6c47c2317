/** The control groups (version 1) under which a node keeps its pods: made before the kubelet starts, removed after. */
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";

const ROOT = "/sys/fs/cgroup";

/** Makes the group `path` (`/name`) in every controller. */
export async function makeGroups(path: string): Promise<void> {
  const controllers = await readdir(ROOT);
  if (!controllers.includes("memory")) {
    throw new Error("This machine has control groups of version 2 only; the cluster is laid out for version 1.");
  }
  for (const controller of controllers) {
    const group = join(ROOT, controller, path);
    await mkdir(group, { recursive: true });
    if (controller === "cpuset") {
      // A new group has no processors and no memory, and then takes no process.
      for (const file of ["cpuset.cpus", "cpuset.mems"]) {
        await writeFile(join(group, file), await readFile(join(ROOT, controller, file)));
      }
    }
  }
}

/** The ids of all processes in the group `path` and below. */
export async function processesIn(path: string): Promise<number[]> {
  const ids = new Set<number>();
  for (const controller of ["memory", "pids"]) {
    for (const group of await groupsBelow(join(ROOT, controller, path))) {
      const listed = await readFile(join(group, "cgroup.procs"), "utf8").catch(() => "");
      for (const id of listed.split("\n").filter(Boolean)) {
        ids.add(Number(id));
      }
    }
  }
  return [...ids];
}

/** The ids of all processes of the pod with this uid, below the group `path` of its node. */
export async function processesOfPod(path: string, uid: string): Promise<number[]> {
  const groups = await groupsBelow(join(ROOT, "memory", path));
  const pod = groups.find((group) => basename(group) === `pod${uid}`);
  return pod === undefined ? [] : processesIn(relative(join(ROOT, "memory"), pod));
}

/** Removes the group `path` and all below it, which must hold no process any more. */
export async function removeGroups(path: string): Promise<void> {
  for (const controller of await readdir(ROOT)) {
    for (const group of await groupsBelow(join(ROOT, controller, path))) {
      // What is busy for another moment is taken by the next run's clearing.
      await rmdir(group).catch(() => {});
    }
  }
}

/** The folder and all folders below it, the deepest first. */
async function groupsBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) {
    return [];
  }
  const below: string[] = [];
  for (const entry of entries.filter((candidate) => candidate.isDirectory())) {
    below.push(...(await groupsBelow(join(folder, entry.name))));
  }
  return [...below, folder];
}
