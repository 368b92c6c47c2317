/** Finds every process of a container, however it detached itself: each carries its container's label. Linux only. */

import { readFile } from "node:fs/promises";
import { uptime } from "node:os";
import { sleep } from "../../core/clock.ts";
import { allPids, signalProcess, statOf } from "../processes.ts";
import type { MemoryOf } from "./memory-group.ts";
import { isLabelOf, labelIn, labelOf } from "./process-label.ts";

const KILL_DEADLINE_MS = 5_000;

interface Known {
  startedAt: string;
  label: number | undefined;
}

type Whose = (label: number) => boolean;

/** Remembers what it has read of processes that go on: a label is for life. */
export class LabelledProcesses {
  #known = new Map<number, Known>();

  /** Live processes of any container of an instance. */
  async ofInstance(instance: string): Promise<number[]> {
    return (await this.#find((label) => isLabelOf(instance, label))).map(([pid]) => pid);
  }

  /** Processes by label with their bytes of memory: what is resident and not shared, as a control group would roughly count. */
  async memory(instance: string): Promise<Map<number, MemoryOf[]>> {
    const all = new Map<number, MemoryOf[]>();
    for (const [pid, label] of await this.#find((found) => isLabelOf(instance, found)))
      all.set(label, [...(all.get(label) ?? []), { pid, bytes: await unsharedBytes(pid) }]);
    return all;
  }

  /** Kills all of a container. */
  async killContainer(mark: string): Promise<void> {
    const wanted = labelOf(mark);
    await this.#kill((label) => label === wanted);
  }

  /** Kills all of every container of an instance. */
  async killInstance(instance: string): Promise<void> {
    await this.#kill((label) => isLabelOf(instance, label));
  }

  /** Kills what is there and what that starts meanwhile, until none is left. */
  async #kill(whose: Whose): Promise<void> {
    const giveUpAt = performance.now() + KILL_DEADLINE_MS;
    while (performance.now() < giveUpAt) {
      const found = await this.#find(whose);
      if (found.length === 0) return;
      for (const [pid] of found) signalProcess(pid, "SIGKILL");
      await sleep(5, new AbortController().signal);
    }
  }

  async #find(whose: Whose): Promise<[pid: number, label: number][]> {
    const known = new Map<number, Known>();
    for (const pid of await allPids()) {
      const stat = await statOf(pid);
      if (!stat || stat.state === "Z") continue;
      const before = this.#known.get(pid);
      const same = before?.startedAt === stat.startedAt && (before.label !== undefined || isOld(stat.startedAt));
      known.set(pid, { startedAt: stat.startedAt, label: same ? before.label : await labelIn(pid) });
    }
    this.#known = known;
    return [...known].flatMap(([pid, { label }]) => (label !== undefined && whose(label) ? [[pid, label]] : []));
  }
}

const TICKS_PER_SECOND = 100;
const OLD_SECONDS = 10;

/** A process of ours is labelled some moments after it began: only when it is older is it known to have no label. */
function isOld(startedAtTicks: string): boolean {
  return uptime() - Number(startedAtTicks) / TICKS_PER_SECOND > OLD_SECONDS;
}

const PAGE_BYTES = 4096;

async function unsharedBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/statm`, "latin1").catch(() => ""); // gone: nothing
  const [, resident = 0, shared = 0] = text.split(" ").map(Number);
  return Math.max(0, resident - shared) * PAGE_BYTES;
}
