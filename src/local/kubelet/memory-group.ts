/** The memory and the processes of one container: told to it in files as a control group of version 2 has them, and what is killed when it is too much. */

import { type FileHandle, open, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../files.ts";
import { signalProcess } from "../processes.ts";

/** As the kernel does it: the container as a whole (version 2), or its largest process, which may be its first one (version 1). */
export type OomKills = "container" | "process";

export interface MemoryOf {
  pid: number;
  bytes: number;
}

interface Look {
  processes: readonly MemoryOf[];
  limit: number;
  /** The first process: with it the container ends. */
  main: number | undefined;
  kills: OomKills;
}

/** Of a file with a number: it has one length for ever and is written over in place, so that nobody reads the half of one. */
const LENGTH = 40;

export class MemoryGroup {
  readonly folder: string;
  readonly #written = new Map<string, string>();
  #killed = 0;
  #looking: Promise<unknown> = Promise.resolve();
  #hasEnded = false;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Begins anew, for a container that begins. */
  async begin(): Promise<void> {
    this.#killed = 0;
    this.#written.clear();
    await makeFolder(this.folder);
  }

  /** Nothing is written from now on; resolves when what is being written is. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    await this.#looking;
  }

  /** Kills the largest process if more than the limit is used; true: the container has to end. */
  isOver(look: Look): Promise<boolean> {
    const looking = this.#look(look);
    this.#looking = looking;
    return looking;
  }

  async #look({ processes, limit, main, kills }: Look): Promise<boolean> {
    const used = processes.reduce((sum, { bytes }) => sum + bytes, 0);
    const largest = [...processes].sort((a, b) => b.bytes - a.bytes)[0];
    const isOver = used > limit;
    const isEnd = isOver && (kills === "container" || largest === undefined || largest.pid === main);
    if (isOver && !isEnd && largest !== undefined) {
      signalProcess(largest.pid, "SIGKILL");
      this.#killed += 1;
    }
    await this.#writeProcesses(processes.map(({ pid }) => pid).join("\n"));
    await this.#write("memory.current", String(Math.round(used)));
    await this.#write("memory.max", String(Math.floor(limit)));
    await this.#write("memory.events", `oom_kill ${this.#killed}`);
    return isEnd;
  }

  async #writeProcesses(pids: string): Promise<void> {
    const name = "cgroup.procs";
    if (this.#isKnown(name, pids)) return;
    const beside = join(this.folder, `.${name}`);
    try {
      await writeFile(beside, pids);
      await rename(beside, join(this.folder, name));
      this.#written.set(name, pids);
    } catch {
      // as below
    }
  }

  #isKnown(name: string, text: string): boolean {
    return this.#hasEnded || this.#written.get(name) === text;
  }

  async #write(name: string, text: string): Promise<void> {
    if (this.#isKnown(name, text)) return;
    let file: FileHandle | undefined;
    try {
      file = await open(join(this.folder, name), this.#written.has(name) ? "r+" : "w");
      await file.write(`${text.padEnd(LENGTH)}\n`, 0);
      this.#written.set(name, text);
    } catch {
      // somebody removed the folder, which is theirs to read
    } finally {
      await file?.close();
    }
  }
}
