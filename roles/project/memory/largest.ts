/** The processes that use the most memory, by names that tell people which they are and nothing that may be a secret. */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { ownProcesses, type Whose } from "../own-processes.ts";

export interface LargeProcess {
  pid: number;
  /** Such as "python3 train.py". */
  name: string;
  /** Bytes that are resident. */
  used: number;
}

const MOST = 5;

/** The project's own, the largest first. */
export async function largestProcesses(whose: Whose): Promise<LargeProcess[]> {
  const own = await ownProcesses(whose);
  const largest = own.sort((a, b) => b.memory - a.memory).slice(0, MOST);
  return Promise.all(largest.map(async ({ pid, memory }) => ({ pid, name: await nameOf(pid), used: memory })));
}

async function nameOf(pid: number): Promise<string> {
  if (pid === process.pid) return "the project's server";
  const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return nameIn(line.split("\0"));
}

/** A word that cannot hold more than a name: no address, no assignment, no text of a program. */
const PLAIN_WORD = /^[\p{L}\p{M}\p{N}_.+-]{1,60}$/u;

/**
 * The program, and what it was given first if that is the name of a file; every other word may be a password. A program may rewrite all of
 * its own line as one text: then its first word is the program, and the rest is not read. Pure.
 */
export function nameIn([line = "", first = ""]: readonly string[]): string {
  const [path = ""] = line.split(/\s/, 1);
  const program = basename(path).replace(/:$/, ""); // as in "postgres: writer"
  if (!PLAIN_WORD.test(program)) return "";
  return isFileName(first) ? `${program} ${basename(first)}` : program;
}

/** "scott/tiger" is none, though it has a slash: a path from the root is, and so is what has an ending. */
function isFileName(word: string): boolean {
  const name = basename(word);
  if (word.startsWith("-") || /[:@=]/.test(word) || !PLAIN_WORD.test(name)) return false;
  return word.startsWith("/") || /[^.]\.\p{L}\w{0,9}$/u.test(name);
}
