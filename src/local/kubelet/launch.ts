/** Starts the process of a container: a session of its own, a clean environment, its output into the log; tells how it ended. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants as fsConstants } from "node:fs";
import { access, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { join, resolve } from "node:path";
import { sleep } from "../../core/clock.ts";
import { environment } from "../../core/env.ts";
import { messageOf } from "../../core/errors.ts";
import { makeFolder } from "../files.ts";
import { identify, isAlive, signalGroup, signalProcess } from "../processes.ts";
import type { ContainerLog } from "./container-log.ts";
import { LabelledProcesses } from "./labelled-processes.ts";
import { MARK_VARIABLE } from "./process-label.ts";

export interface LaunchOptions {
  command: string[];
  env: Record<string, string>;
  cwd: string | undefined;
  log: ContainerLog;
  /** Names the container: see process-label. */
  mark: string;
  /** Where running processes are recorded. */
  runDir: string;
  /** Words put before the command: what ends it when we end, and labels it. */
  prefix: readonly string[];
}

export interface Exit {
  /** 128 and more: by a signal, or (128) it could not be started. */
  exitCode: number;
  startError?: string;
}

export interface Launched {
  pid: number;
  exit: Promise<Exit>;
}

/** What a container's process has of our environment, and no more. */
export function baseEnv(): Record<string, string> {
  const { PATH = "/usr/local/bin:/usr/bin:/bin", LANG = "C.UTF-8", TERM = "xterm-256color" } = environment();
  return { PATH, LANG, TERM };
}

/** Starts it; `exit` resolves when the process has ended and all its output is in the log. */
export async function launch(options: LaunchOptions): Promise<Launched | Exit> {
  const { command, env, cwd, log, mark, prefix } = options;
  if (!(await isProgram(command[0] ?? "", { path: env.PATH, cwd }))) {
    return { exitCode: 128, startError: `exec: "${command[0] ?? ""}": executable file not found in $PATH` };
  }
  const [program = "", ...args] = [...prefix, ...command];
  const child = begin(program, args, { env: { ...env, [MARK_VARIABLE]: mark }, ...(cwd !== undefined && { cwd }) });
  if ("startError" in child) return child;
  const startError = await new Promise<string | undefined>((resolve) => {
    child.once("spawn", () => resolve(undefined));
    child.once("error", (error) => resolve(error.message));
  });
  if (startError !== undefined || child.pid === undefined) return { exitCode: 128, startError: startError ?? "" };
  const copied = Promise.all([log.copy("stdout", child.stdout), log.copy("stderr", child.stderr)]);
  copied.catch(() => {}); // a log that cannot be written does not end the program
  const record = join(options.runDir, String(child.pid));
  const ended = exitOf(child);
  await writeRecord(record, child.pid, mark);
  return { pid: child.pid, exit: finish(ended, { child, copied, record }) };
}

/** Some errors are thrown at once instead of told, such as that of an environment that is too large. */
function begin(program: string, args: string[], options: { env: Record<string, string>; cwd?: string }) {
  try {
    return spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"], detached: true });
  } catch (error) {
    return { exitCode: 128, startError: messageOf(error) };
  }
}

/** Whether there is such a program, as a shell would look for it. */
async function isProgram(
  name: string,
  { path = "", cwd = "/" }: { path?: string | undefined; cwd?: string | undefined },
) {
  const candidates = name.includes("/") ? [resolve(cwd, name)] : path.split(":").map((folder) => join(folder, name));
  const found = await Promise.all(
    candidates.map((candidate) =>
      access(candidate, fsConstants.X_OK).then(
        () => true,
        () => false, // not there, or no program
      ),
    ),
  );
  return name !== "" && found.includes(true);
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  const [code, signal]: (number | string | null)[] = await once(child, "exit");
  const number = typeof signal === "string" ? (constants.signals[signal as NodeJS.Signals] ?? 0) : 0; // a name from Node itself
  return { exitCode: typeof code === "number" ? code : 128 + number };
}

interface Finishing {
  child: ChildProcess;
  copied: Promise<unknown>;
  record: string;
}

/** What others of the container still hold of the output is cut off: they are ended with it. */
async function finish(ended: Promise<Exit>, { child, copied, record }: Finishing): Promise<Exit> {
  const exit = await ended;
  const patience = new AbortController();
  await Promise.race([copied, sleep(300, patience.signal)]).catch(() => {}); // see launch
  patience.abort();
  child.stdout?.destroy();
  child.stderr?.destroy();
  await copied.catch(() => {}); // see launch
  await rm(record, { force: true });
  return exit;
}

async function writeRecord(path: string, pid: number, mark: string): Promise<void> {
  const id = await identify(pid);
  if (id) await writeFile(path, JSON.stringify({ startedAt: id.startedAt, mark }), { mode: 0o600 });
}

const LEFTOVER_GRACE_MS = 5_000;

/** Ends what a killed run has left running, by its records and by its labels; a moment to save is given. Says how many there were. */
export async function endLeftoverProcesses(runDir: string, instance: string): Promise<number> {
  await makeFolder(runDir);
  const labelled = new LabelledProcesses();
  const recorded: number[] = [];
  for (const name of await readdir(runDir)) {
    const { startedAt } = JSON.parse(await readFile(join(runDir, name), "utf8")) as { startedAt: string }; // written by writeRecord
    if (await isAlive({ pid: Number(name), startedAt })) recorded.push(Number(name));
    await rm(join(runDir, name), { force: true });
  }
  for (const pid of recorded) signalGroup(pid, "SIGTERM");
  const detached = await labelled.ofInstance(instance);
  for (const pid of detached) signalProcess(pid, "SIGTERM");
  const giveUpAt = performance.now() + LEFTOVER_GRACE_MS;
  const left = async () => {
    const alive = await Promise.all(recorded.map((pid) => identify(pid)));
    return alive.some((id) => id !== undefined) || (await labelled.ofInstance(instance)).length > 0;
  };
  while (performance.now() < giveUpAt && (await left())) await sleep(20, new AbortController().signal);
  for (const pid of recorded) if (await identify(pid)) signalGroup(pid, "SIGKILL");
  await labelled.killInstance(instance);
  return new Set([...recorded, ...detached]).size;
}
