/** What the project uses: from its container's cgroup (v1 or v2) in a cluster, from its own processes elsewhere. */

import { readFile, statfs } from "node:fs/promises";
import type { ProjectStatus } from "../../src/protocol/project-status.ts";
import type { Activity } from "./activity.ts";
import { listProcesses, type ProcessInfo, treeOf } from "./processes.ts";

interface Options {
  home: string;
  /** Does the whole container belong to the project? Then its cgroup speaks for it. */
  ownContainer: boolean;
  activity: Activity;
  /** Does the server run in rescue mode? */
  rescue?: boolean;
  /** Where the cgroups are mounted. */
  cgroups?: string;
}

interface Usage {
  processes: number;
  memory: { used: number; limit: number | null };
  cpuSeconds: number;
  oomKills: number;
}

/** Asked more often than this, the last answer stands: looking at all processes costs. */
const FRESH_MS = 1_000;

export class Status {
  readonly #options: Options;
  readonly #startedAt = new Date();
  #last: { at: number; usage: Usage; cpu: number } | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  async now(): Promise<ProjectStatus> {
    const { usage, cpu } = await this.#measured();
    return {
      time: new Date().toISOString(),
      lastActive: this.#options.activity.last.toISOString(),
      processes: usage.processes,
      memory: usage.memory,
      cpu,
      disk: await diskOf(this.#options.home),
      oomKills: usage.oomKills,
      outOfMemory: null,
      memoryWarning: isNearlyFull(usage.memory),
      rescue: this.#options.rescue === true,
      startedAt: this.#startedAt.toISOString(),
    };
  }

  async #measured(): Promise<{ usage: Usage; cpu: number }> {
    const at = performance.now();
    const last = this.#last;
    if (last !== undefined && at - last.at < FRESH_MS) return last;
    const usage = await this.#usage();
    const cpu =
      last === undefined ? 0 : Math.max(0, (usage.cpuSeconds - last.usage.cpuSeconds) / ((at - last.at) / 1_000));
    this.#last = { at, usage, cpu: Math.round(cpu * 1_000) / 1_000 };
    return this.#last;
  }

  async #usage(): Promise<Usage> {
    const all = await listProcesses();
    const own = this.#options.ownContainer ? all : treeOf(process.pid, all);
    const root = this.#options.cgroups ?? "/sys/fs/cgroup";
    const cgroup = this.#options.ownContainer ? ((await cgroupV2(root)) ?? (await cgroupV1(root))) : undefined;
    return { ...sumOf(own), ...cgroup, processes: own.length };
  }
}

/** So much of the limit, and a program that asks for a little more may be ended. */
const WARNED_AT = 0.9;

function isNearlyFull({ used, limit }: Usage["memory"]): boolean {
  return limit !== null && used >= WARNED_AT * limit;
}

function sumOf(processes: readonly ProcessInfo[]): Omit<Usage, "processes"> {
  const sum = (value: (info: ProcessInfo) => number) => processes.reduce((total, info) => total + value(info), 0);
  return {
    memory: { used: sum((info) => info.memory), limit: null },
    cpuSeconds: sum((info) => info.cpuSeconds),
    oomKills: 0,
  };
}

async function diskOf(home: string): Promise<{ used: number; free: number }> {
  const { blocks, bfree, bavail, bsize } = await statfs(home).catch(() => ({
    blocks: 0,
    bfree: 0,
    bavail: 0,
    bsize: 0,
  }));
  return { used: (blocks - bfree) * bsize, free: bavail * bsize };
}

/** Page cache that can be given back at once is not counted as used, as Kubernetes does. */
async function cgroupV2(root: string): Promise<Omit<Usage, "processes"> | undefined> {
  const used = await numberIn(`${root}/memory.current`);
  if (used === undefined) return undefined;
  const cache = (await fieldIn(`${root}/memory.stat`, "inactive_file")) ?? 0;
  return {
    memory: { used: Math.max(0, used - cache), limit: asLimit(await numberIn(`${root}/memory.max`)) },
    cpuSeconds: ((await fieldIn(`${root}/cpu.stat`, "usage_usec")) ?? 0) / 1e6,
    oomKills: (await fieldIn(`${root}/memory.events`, "oom_kill")) ?? 0,
  };
}

async function cgroupV1(root: string): Promise<Omit<Usage, "processes"> | undefined> {
  const used = await numberIn(`${root}/memory/memory.usage_in_bytes`);
  if (used === undefined) return undefined;
  const cache = (await fieldIn(`${root}/memory/memory.stat`, "total_inactive_file")) ?? 0;
  return {
    memory: { used: Math.max(0, used - cache), limit: asLimit(await numberIn(`${root}/memory/memory.limit_in_bytes`)) },
    cpuSeconds:
      ((await numberIn(`${root}/cpuacct/cpuacct.usage`)) ??
        (await numberIn(`${root}/cpu,cpuacct/cpuacct.usage`)) ??
        0) / 1e9,
    oomKills: (await fieldIn(`${root}/memory/memory.oom_control`, "oom_kill")) ?? 0,
  };
}

/** cgroup v1 writes "no limit" as a number near 2^63. */
function asLimit(limit: number | undefined): number | null {
  return limit === undefined || limit > 2 ** 60 ? null : limit;
}

async function numberIn(path: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch(() => ""); // another version of cgroups
  const number = Number.parseInt(text, 10); // "max" is no number
  return Number.isNaN(number) ? undefined : number;
}

async function fieldIn(path: string, field: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  const line = text.split("\n").find((one) => one.startsWith(`${field} `));
  return line === undefined ? undefined : Number(line.slice(field.length + 1));
}
