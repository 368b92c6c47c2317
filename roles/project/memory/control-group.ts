/** What a container's control group says that it uses, of version 2 or 1. */

import { readFile } from "node:fs/promises";

export interface MemoryUse {
  /** Bytes; page cache that can be given back at once is not counted, as Kubernetes does. */
  used: number;
  /** Bytes; null: there is none. */
  limit: number | null;
  /** Processes that were killed because there was no more. */
  oomKills: number;
}

interface GroupUse {
  memory: MemoryUse;
  /** Seconds of processor time; undefined: not told. */
  cpuSeconds: number | undefined;
}

/** What the group uses that is mounted at `root`; undefined: there is none. */
export async function groupUse(root: string): Promise<GroupUse | undefined> {
  const memory = await memoryUse(root);
  return memory && { memory, cpuSeconds: await cpuSeconds(root) };
}

/** Its memory alone: this is looked at often. */
export async function memoryUse(root: string): Promise<MemoryUse | undefined> {
  return (await version2(root)) ?? (await version1(`${root}/memory`));
}

async function version2(root: string): Promise<MemoryUse | undefined> {
  const used = await numberIn(`${root}/memory.current`);
  if (used === undefined) return undefined;
  return {
    used: Math.max(0, used - ((await fieldIn(`${root}/memory.stat`, "inactive_file")) ?? 0)),
    limit: asLimit(await numberIn(`${root}/memory.max`)),
    oomKills: (await fieldIn(`${root}/memory.events`, "oom_kill")) ?? 0,
  };
}

async function version1(folder: string): Promise<MemoryUse | undefined> {
  const used = await numberIn(`${folder}/memory.usage_in_bytes`);
  if (used === undefined) return undefined;
  return {
    used: Math.max(0, used - ((await fieldIn(`${folder}/memory.stat`, "total_inactive_file")) ?? 0)),
    limit: asLimit(await numberIn(`${folder}/memory.limit_in_bytes`)),
    oomKills: (await fieldIn(`${folder}/memory.oom_control`, "oom_kill")) ?? 0,
  };
}

async function cpuSeconds(root: string): Promise<number | undefined> {
  const microseconds = await fieldIn(`${root}/cpu.stat`, "usage_usec");
  if (microseconds !== undefined) return microseconds / 1e6;
  const nanoseconds =
    (await numberIn(`${root}/cpuacct/cpuacct.usage`)) ?? (await numberIn(`${root}/cpu,cpuacct/cpuacct.usage`));
  return nanoseconds === undefined ? undefined : nanoseconds / 1e9;
}

/** Version 1 writes "no limit" as a number near 2^63. */
function asLimit(limit: number | undefined): number | null {
  return limit === undefined || limit > 2 ** 60 ? null : limit;
}

async function numberIn(path: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch(() => ""); // another version of control groups
  const number = Number.parseInt(text, 10); // "max" is no number
  return Number.isNaN(number) ? undefined : number;
}

async function fieldIn(path: string, field: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  const line = text.split("\n").find((one) => one.startsWith(`${field} `));
  return line === undefined ? undefined : Number(line.slice(field.length + 1));
}
