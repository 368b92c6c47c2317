/** Processes as the system shows them in /proc: which there are, whose children, and ending all of a session. */

import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

export interface ProcessInfo {
  pid: number;
  parent: number;
  session: number;
  /** Process group in the foreground of its terminal; 0 or less: none. */
  foreground: number;
  /** Seconds of processor time used so far. */
  cpuSeconds: number;
  /** Bytes of memory that are resident. */
  memory: number;
}

/** Clock ticks of the kernel per second, as user space sees them on every Linux. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4_096;

/** All processes that can be seen. */
export async function listProcesses(): Promise<ProcessInfo[]> {
  if (process.platform !== "linux") return listByPs();
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(names.map((name) => readProcess(name)));
  return found.filter((info) => info !== undefined);
}

async function readProcess(pid: string): Promise<ProcessInfo | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined); // ended meanwhile
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" "); // the name before may hold anything
  if (fields[0] === "Z") return undefined; // ended, and not yet waited for
  const number = (index: number) => Number(fields[index - 3]); // numbered as in proc(5)
  return {
    pid: Number(pid),
    parent: number(4),
    session: number(6),
    foreground: number(8),
    cpuSeconds: (number(14) + number(15)) / TICKS_PER_SECOND,
    memory: number(24) * PAGE_BYTES,
  };
}

/** Where there is no /proc (a Mac, for trying out). */
async function listByPs(): Promise<ProcessInfo[]> {
  const { stdout } = await promisify(execFile)("ps", ["-axo", "pid=,ppid=,sess=,tpgid=,rss="]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => {
      const [pid = 0, parent = 0, session = 0, foreground = 0, rss = 0] = line.trim().split(/\s+/).map(Number);
      return { pid, parent, session, foreground, cpuSeconds: 0, memory: rss * 1_024 };
    });
}

/** A process and all that descend from it. */
export function treeOf(root: number, all: readonly ProcessInfo[]): ProcessInfo[] {
  const children = Map.groupBy(all, ({ parent }) => parent);
  const found = all.filter(({ pid }) => pid === root);
  for (let index = 0; index < found.length; index++) {
    const next = found[index];
    if (next !== undefined) found.push(...(children.get(next.pid) ?? []));
  }
  return found;
}

/** Sends a signal to the process group of a leader, and to whatever else of its session is left. */
export async function signalSession(leader: number, signal: NodeJS.Signals): Promise<void> {
  send(-leader, signal);
  const all = await listProcesses().catch(() => []);
  for (const { pid, session } of all) if (session === leader && pid !== leader) send(pid, signal);
}

/** Sends a signal to whatever runs in the foreground of the terminal of a shell. */
export async function signalForeground(shell: number, signal: NodeJS.Signals): Promise<void> {
  const foreground = (await listProcesses()).find(({ pid }) => pid === shell)?.foreground ?? 0;
  if (foreground > 1) send(-foreground, signal);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended
  }
}
