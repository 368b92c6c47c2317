/**
 * Watches how much memory the project uses: notes the largest processes once little is left, notices when one was killed for want of it, and
 * tells after a start what had ended everything before.
 */

import { sleep } from "../../../src/core/clock.ts";
import type { Life } from "../../../src/core/life.ts";
import type { KilledProgram, OutOfMemory } from "../../../src/protocol/project-status.ts";
import { listProcesses } from "../processes.ts";
import { type MemoryUse, memoryUse } from "./control-group.ts";
import { type LargeProcess, largestProcesses } from "./largest.ts";
import { MemoryNotes, type NotedMemory } from "./memory-notes.ts";

/** From this part of the limit on, the largest processes are noted. */
const NOTED_FROM = 0.8;
/** Below it the watch is slower: a program takes a while to get from here to the limit. */
const CLOSE_FROM = 0.5;
/** So much more of the limit in use since the processes were last looked at, and they are looked at again. */
const GROWN = 0.05;
const OFTEN_MS = 250;
const SELDOM_MS = 1_000;
/** So long a process takes at most to end that the kernel has killed: it is counted before, and its memory is given back meanwhile. */
const DYING_MS = 2_000;
const DYING_LOOK_MS = 50;
/** An end that was longer than that before this server is in the log, and no news: a container is kept waiting for five minutes at most. */
const NEWS_BEFORE_MS = 10 * 60_000;
/** The end of a container is told in whole seconds, and the last notes may be a little older than it. */
const NOTED_BEFORE_MS = 15_000;
const NOTED_AFTER_MS = 2_000;

interface Options {
  /** Where the container's control group is mounted; undefined: nowhere, and nothing is watched. */
  cgroups: string | undefined;
  /** Is every process that can be seen the project's? */
  ownContainer: boolean;
  home: string;
  /** Something was killed, or all of it was before this server. */
  onOutOfMemory: (what: OutOfMemory) => void;
}

export class MemoryWatch {
  readonly #options: Options;
  #notes: Promise<MemoryNotes> | undefined;
  #last: MemoryUse | undefined;
  /** The largest processes, and how much was in use when they were looked at. */
  #seen: { processes: LargeProcess[]; used: number } = { processes: [], used: 0 };
  #isNoted = false;
  #latest: OutOfMemory | null = null;
  readonly #sinceMs = Date.now();

  constructor(options: Options) {
    this.#options = options;
  }

  /** The last time that something was ended for want of memory. */
  get latest(): OutOfMemory | null {
    return this.#latest;
  }

  /** Watches until the life ends. */
  open(life: Life): void {
    const { cgroups, home } = this.#options;
    if (cgroups === undefined) return;
    this.#notes = MemoryNotes.open(home);
    life.defer("memory notes", async () => {
      const notes = await this.#notes;
      await notes?.write(undefined); // what ends in order has not run out
      await notes?.close();
    });
    life.run("memory", async (signal) => {
      while (!signal.aborted) {
        const again = await this.#look(cgroups, signal).catch(() => SELDOM_MS); // too many files are open: the next look may be luckier
        await sleep(again, signal);
      }
    });
  }

  /** Programs that were killed lately, also before this server, whether or not anybody was told. */
  async killed(): Promise<readonly KilledProgram[]> {
    return (await this.#notes)?.killed ?? [];
  }

  /**
   * All of the project was ended at `ended`, Kubernetes says, for want of memory: with what had been noted by then. `isTold`: it is news, if it is
   * what ended the project before this server, and not one of long ago or before what is known.
   */
  async endedBefore(ended: Date, { isTold }: { isTold: boolean }): Promise<OutOfMemory> {
    const noted = notedAt(ended.getTime(), (await this.#notes)?.before ?? null);
    const largest = noted?.processes[0];
    const what = {
      time: ended.toISOString(),
      process: largest?.name ?? null,
      used: largest?.used ?? null,
      limit: noted?.limit ?? this.#last?.limit ?? null,
      whole: true,
    };
    if (isTold && this.#isNews(ended)) this.#tell(what);
    return what;
  }

  #isNews(ended: Date): boolean {
    const knownMs = Date.parse(this.#latest?.time ?? "") || 0;
    return ended.getTime() > Math.max(knownMs, this.#sinceMs - NEWS_BEFORE_MS);
  }

  /** One look; the ms to the next. */
  async #look(cgroups: string, signal: AbortSignal): Promise<number> {
    const now = await memoryUse(cgroups);
    const before = this.#last;
    this.#last = now;
    if (now === undefined) return SELDOM_MS;
    if (before !== undefined && now.oomKills > before.oomKills) {
      await this.#killed({ cgroups, count: now.oomKills - before.oomKills }, signal);
    }
    if (now.limit === null) return SELDOM_MS;
    const part = now.used / now.limit;
    const isMuch = part >= NOTED_FROM;
    if (isMuch || Math.abs(now.used - this.#seen.used) > GROWN * now.limit) {
      this.#seen = { processes: await largestProcesses(this.#options), used: now.used };
    }
    await this.#note(isMuch ? { ...now, limit: now.limit } : undefined);
    return part >= CLOSE_FROM ? OFTEN_MS : SELDOM_MS;
  }

  async #note(now: { used: number; limit: number } | undefined): Promise<void> {
    if (now === undefined && !this.#isNoted) return;
    this.#isNoted = now !== undefined;
    const processes = this.#seen.processes.map(({ name, used }) => ({ name, used }));
    await (await this.#notes)?.write(
      now && { time: new Date().toISOString(), used: now.used, limit: now.limit, processes },
    );
  }

  /** The kernel does not tell us which it killed: the largest of those we knew that are gone. */
  async #killed({ cgroups, count }: { cgroups: string; count: number }, signal: AbortSignal): Promise<void> {
    const gone = await this.#gone(signal);
    const { limit = null, used: left = 0 } = (await memoryUse(cgroups)) ?? {};
    // All was in use when it was killed; what is not any more was its own.
    const freed = count === 1 && limit !== null ? limit - left : 0;
    const used = Math.max(gone?.used ?? 0, freed);
    const time = new Date().toISOString();
    const program = { time, process: gone?.name ?? null, used: used > 0 ? used : null, limit, whole: false } as const;
    this.#tell(program);
    await (await this.#notes)?.addKilled(program);
  }

  /** The largest of those we knew that are gone, once the largest of all is, which the kernel prefers, or time enough has passed. */
  async #gone(signal: AbortSignal): Promise<LargeProcess | undefined> {
    const { processes } = this.#seen;
    for (let waitedMs = 0; ; waitedMs += DYING_LOOK_MS) {
      // Who is dying, or dead and not waited for yet, has no memory any more.
      const alive = new Set((await listProcesses()).filter(({ memory }) => memory > 0).map(({ pid }) => pid));
      const gone = processes.filter(({ pid }) => !alive.has(pid));
      if (gone.length > 0 && (gone[0] === processes[0] || waitedMs >= DYING_MS)) return gone[0];
      if (waitedMs >= DYING_MS) return undefined;
      await sleep(DYING_LOOK_MS, signal);
    }
  }

  #tell(what: OutOfMemory): void {
    this.#latest = what;
    this.#options.onOutOfMemory(what);
  }
}

/** What was noted, if that was just before the end. */
function notedAt(endedMs: number, noted: NotedMemory | null): NotedMemory | null {
  const notedMs = Date.parse(noted?.time ?? "");
  return notedMs >= endedMs - NOTED_BEFORE_MS && notedMs <= endedMs + NOTED_AFTER_MS ? noted : null;
}
