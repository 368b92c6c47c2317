/** The processes that use the most memory, by names that tell people which they are and nothing that may be a secret. */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { listProcesses, treeOf } from "../processes.ts";

export interface LargeProcess {
  pid: number;
  /** Such as "python3 train.py". */
  name: string;
  /** Bytes that are resident. */
  used: number;
}

const LONGEST_NAME = 100;
const MOST = 5;

/** The largest of the container first; on one machine, of what this server has started. */
export async function largestProcesses({ ownContainer }: { ownContainer: boolean }): Promise<LargeProcess[]> {
  const all = await listProcesses();
  const own = ownContainer ? all : treeOf(process.pid, all);
  const largest = own.sort((a, b) => b.memory - a.memory).slice(0, MOST);
  return Promise.all(largest.map(async ({ pid, memory }) => ({ pid, name: await nameOf(pid), used: memory })));
}

async function nameOf(pid: number): Promise<string> {
  if (pid === process.pid) return "the project's server";
  const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return nameIn(line.split("\0"));
}

/** The program, and what it was given first, unless that is an option: what comes later may be a password. Pure. */
export function nameIn([program = "", first = ""]: readonly string[]): string {
  const argument = first === "" || first.startsWith("-") || first.includes("=") ? "" : ` ${basename(first)}`;
  return `${basename(program)}${argument}`
    .replace(/\p{C}+/gu, " ")
    .trim()
    .slice(0, LONGEST_NAME);
}
