/** What the project uses: from its container's control group where there is one, from its own processes elsewhere. */

import { statfs } from "node:fs/promises";
import type { ProjectStatus } from "../../src/protocol/project-status.ts";
import type { Activity } from "./activity.ts";
import { groupUse } from "./memory/control-group.ts";
import type { MemoryWatch } from "./memory/memory-watch.ts";
import { ownProcesses, type Whose } from "./own-processes.ts";
import type { ProcessInfo } from "./processes.ts";

interface Options extends Whose {
  home: string;
  activity: Activity;
  memory: Pick<MemoryWatch, "latest">;
  /** Does the server run in rescue mode? */
  rescue?: boolean;
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
      outOfMemory: this.#options.memory.latest,
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
    const own = await ownProcesses(this.#options);
    const { cgroups } = this.#options;
    const group = cgroups === undefined ? undefined : await groupUse(cgroups);
    const sum = sumOf(own);
    return {
      processes: own.length,
      memory: group === undefined ? sum.memory : { used: group.memory.used, limit: group.memory.limit },
      cpuSeconds: group?.cpuSeconds ?? sum.cpuSeconds,
      oomKills: group?.memory.oomKills ?? 0,
    };
  }
}

/** So much of the limit, and a program that asks for a little more may be ended. */
const WARNED_AT = 0.9;

function isNearlyFull({ used, limit }: Usage["memory"]): boolean {
  return limit !== null && used >= WARNED_AT * limit;
}

function sumOf(processes: readonly ProcessInfo[]): Pick<Usage, "memory" | "cpuSeconds"> {
  const sum = (value: (info: ProcessInfo) => number) => processes.reduce((total, info) => total + value(info), 0);
  return {
    memory: { used: sum((info) => info.memory), limit: null },
    cpuSeconds: sum((info) => info.cpuSeconds),
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
