/** Looks at and ends processes by pid, sure that it is still the same process: pids are used again. Linux by /proc, others by ps. */

import { execFile } from "node:child_process";
import { readdir, readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A process that will not be taken for another one that got its pid later. */
export interface ProcessId {
  pid: number;
  /** Whatever the system says of when it began; compared for equality alone. */
  startedAt: string;
}

/** The identity of the process that has this pid now; undefined when there is none (a zombie counts as none). */
export async function identify(pid: number): Promise<ProcessId | undefined> {
  if (process.platform !== "linux") return identifyByPs(pid);
  const stat = await statOf(pid);
  return stat === undefined || stat.state === "Z" ? undefined : { pid, startedAt: stat.startedAt };
}

export async function isAlive({ pid, startedAt }: ProcessId): Promise<boolean> {
  return (await identify(pid))?.startedAt === startedAt;
}

/** Sends a signal to the process and, if it leads one, its group. A process that is gone is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch {
      // no such group or process: try the other, or it is gone already
    }
  }
}

/** Sends a signal to one process; one that is gone is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone already
  }
}

export interface Stat {
  pid: number;
  parent: number;
  group: number;
  session: number;
  state: string;
  startedAt: string;
  residentBytes: number;
}

/** What the kernel says of a process; undefined when it is gone. Linux only. */
export async function statOf(pid: number): Promise<Stat | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined; // gone
  }
  // The name in parentheses may hold anything, parentheses too: fields are counted behind the last one.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (index: number) => Number(fields[index]);
  return {
    pid,
    state: fields[0] ?? "",
    parent: field(1),
    group: field(2),
    session: field(3),
    startedAt: fields[19] ?? "",
    residentBytes: field(21) * PAGE_BYTES,
  };
}

const PAGE_BYTES = 4096;

/** All pids of the machine. Linux only; elsewhere empty. */
export async function allPids(): Promise<number[]> {
  if (process.platform !== "linux") return [];
  return (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Pids of the processes that work in a folder. Linux only; elsewhere empty. */
export async function pidsWorkingIn(folder: string): Promise<number[]> {
  const pids = await allPids();
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined))); // gone, or not ours to see
  return pids.filter((_, index) => folders[index] === folder);
}

async function identifyByPs(pid: number): Promise<ProcessId | undefined> {
  try {
    const { stdout } = await run("ps", ["-o", "state=,lstart=", "-p", String(pid)], { env: { PATH: "/usr/bin:/bin" } });
    const [state = "", ...startedAt] = stdout.trim().split(/\s+/);
    return state.startsWith("Z") || startedAt.length === 0 ? undefined : { pid, startedAt: startedAt.join(" ") };
  } catch {
    return undefined; // gone
  }
}
