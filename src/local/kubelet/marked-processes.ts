/** Finds every process of a container, also those in sessions of their own: each carries a mark in its environment. Linux only. */

import { readFile } from "node:fs/promises";
import { uptime } from "node:os";
import { sleep } from "../../core/clock.ts";
import { allPids, signalProcess, statOf } from "../processes.ts";

/** The variable that marks the processes of a container: `instance/pod uid/container`. */
export const MARK_VARIABLE = "COCALC_LOCAL_CONTAINER";

export interface MarkedProcess {
  pid: number;
  mark: string;
}

const KILL_DEADLINE_MS = 5_000;

/** Remembers what it has read of processes that go on: an environment does not change but by starting another program. */
export class MarkedProcesses {
  #known = new Map<number, { startedAt: string; mark: string | undefined }>();

  /** All live processes whose mark begins so. */
  async find(prefix: string): Promise<MarkedProcess[]> {
    const pids = await allPids();
    const known = new Map<number, { startedAt: string; mark: string | undefined }>();
    for (const pid of pids) {
      const stat = await statOf(pid);
      if (!stat || stat.state === "Z") continue;
      const before = this.#known.get(pid);
      const same = before?.startedAt === stat.startedAt && (before.mark !== undefined || isOld(stat.startedAt));
      known.set(pid, { startedAt: stat.startedAt, mark: same ? before.mark : await markOf(pid) });
    }
    this.#known = known;
    return [...known].flatMap(([pid, { mark }]) => (mark?.startsWith(prefix) ? [{ pid, mark }] : []));
  }

  /** Bytes of memory by mark: what is resident and not shared, as a control group would roughly count. */
  async memory(prefix: string): Promise<Map<string, number>> {
    const sums = new Map<string, number>();
    for (const { pid, mark } of await this.find(prefix)) {
      sums.set(mark, (sums.get(mark) ?? 0) + (await unsharedBytes(pid)));
    }
    return sums;
  }

  /** Sends a signal to all whose mark begins so; says how many there were. */
  async signal(prefix: string, signal: NodeJS.Signals): Promise<number> {
    const found = await this.find(prefix);
    for (const { pid } of found) signalProcess(pid, signal);
    return found.length;
  }

  /** Kills all whose mark begins so, and what they start meanwhile, until none is left. */
  async kill(prefix: string): Promise<void> {
    const giveUpAt = performance.now() + KILL_DEADLINE_MS;
    while ((await this.signal(prefix, "SIGKILL")) > 0 && performance.now() < giveUpAt) {
      await sleep(5, new AbortController().signal);
    }
  }
}

const TICKS_PER_SECOND = 100;
const OLD_SECONDS = 10;

/** Between fork and exec a process of ours has our own environment still: only when it is older is it known to be unmarked. */
function isOld(startedAtTicks: string): boolean {
  return uptime() - Number(startedAtTicks) / TICKS_PER_SECOND > OLD_SECONDS;
}

async function markOf(pid: number): Promise<string | undefined> {
  try {
    const environ = await readFile(`/proc/${pid}/environ`, "latin1");
    const found = environ.split("\0").find((entry) => entry.startsWith(`${MARK_VARIABLE}=`));
    return found?.slice(MARK_VARIABLE.length + 1);
  } catch {
    return undefined; // gone, or not ours to read: so it is none of ours
  }
}

const PAGE_BYTES = 4096;

async function unsharedBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/statm`, "latin1").catch(() => ""); // gone: nothing
  const [, resident = 0, shared = 0] = text.split(" ").map(Number);
  return Math.max(0, resident - shared) * PAGE_BYTES;
}
