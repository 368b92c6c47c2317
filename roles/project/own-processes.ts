/** Which of the processes that can be seen are the project's. */

import { readFile } from "node:fs/promises";
import { listProcesses, type ProcessInfo, treeOf } from "./processes.ts";

export interface Whose {
  /** Is every process that can be seen the project's? */
  ownContainer: boolean;
  /** Where the container's control group is mounted; absent: nowhere. */
  cgroups?: string | undefined;
}

/**
 * All of a container. On one machine what this server has started, and whatever else is in the project's control group: what was started in the
 * background is nobody's child any more once its shell has ended.
 */
export async function ownProcesses({ ownContainer, cgroups }: Whose): Promise<ProcessInfo[]> {
  const all = await listProcesses();
  if (ownContainer) return all;
  const own = new Set(treeOf(process.pid, all));
  const inGroup = cgroups === undefined ? new Set() : await pidsIn(cgroups);
  return all.filter((info) => own.has(info) || inGroup.has(info.pid));
}

async function pidsIn(cgroups: string): Promise<Set<number>> {
  const text = await readFile(`${cgroups}/cgroup.procs`, "utf8").catch(() => ""); // nothing keeps one, or not yet
  return new Set(text.split("\n").map(Number));
}
