/** What people started in the project, as they would call it: not the server, not shells that wait, not what a program started itself. */

import { readFile } from "node:fs/promises";
import type { ProjectRunning } from "../../src/protocol/project-running.ts";
import type { Caller } from "./callers.ts";
import { ownProcesses, type Whose } from "./own-processes.ts";
import type { ProcessInfo } from "./processes.ts";

const MOST_TOLD = 20;
const LONGEST_COMMAND = 100;
const SHELLS = new Set(["bash", "sh", "dash", "zsh", "fish", "ksh", "csh", "tcsh", "tmux", "screen"]);

interface Named extends ProcessInfo {
  command: string;
}

/** Who is there, and what runs of the project's own processes. */
export async function runningNow(people: readonly Caller[], whose: Whose): Promise<ProjectRunning> {
  const own = await ownProcesses(whose);
  const named = await Promise.all(own.map(async (info) => ({ ...info, command: await commandOf(info.pid) })));
  const commands = startedByPeople(named, process.pid);
  return {
    people: people.map(({ sub, name }) => ({ account_id: sub, name })),
    programs: commands.slice(0, MOST_TOLD),
    morePrograms: Math.max(0, commands.length - MOST_TOLD),
  };
}

/** The commands of what stands directly below the server or a shell. Pure. */
export function startedByPeople(all: readonly Named[], server: number): string[] {
  const byPid = new Map(all.map((info) => [info.pid, info]));
  const isShell = ({ command }: Named) => SHELLS.has(nameOf(command)) && !/\s-c\s/.test(command);
  return all
    .filter((info) => {
      if (info.pid === server || info.pid === 1 || info.command === "" || isShell(info)) return false;
      const parent = byPid.get(info.parent);
      return parent === undefined || parent.pid === server || parent.pid === 1 || isShell(parent);
    })
    .map(({ command }) => command);
}

/** "-bash" and "/usr/bin/bash" are bash. */
function nameOf(command: string): string {
  const [program = ""] = command.split(" ");
  return program.slice(program.lastIndexOf("/") + 1).replace(/^-/, "");
}

/** The command line; "" for what has none, or ended meanwhile. */
async function commandOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return line.replace(/\0+$/, "").replaceAll("\0", " ").slice(0, LONGEST_COMMAND);
}
