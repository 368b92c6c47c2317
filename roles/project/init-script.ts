/** Runs `~/project_init.sh` in the background when the project starts; its output goes to `~/project_init.log`. */

import { spawn } from "node:child_process";
import { constants as flags } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import type { Logger } from "../../src/core/log.ts";
import { signalSession } from "./processes.ts";

const KILL_AFTER_MS = 2_000;

interface Options {
  home: string;
  env: Record<string, string>;
  log: Logger;
}

/** Starts the script if there is one. Whatever is wrong with it is logged and stops nothing. */
export async function runInitScript(life: Life, { home, env, log }: Options): Promise<void> {
  const script = join(home, "project_init.sh");
  const found = await stat(script).catch(() => undefined); // most projects have none
  if (found === undefined || !found.isFile() || life.signal.aborted) return;
  const output = await openOutput(join(home, "project_init.log"), log);
  const child = spawn("bash", [script], {
    cwd: home,
    env,
    detached: true, // a session of its own, ended as a whole
    stdio: ["ignore", output?.fd ?? "ignore", output?.fd ?? "ignore"],
  });
  await output?.close(); // the child has its own
  const ended = Promise.withResolvers<void>();
  child.on("error", (error) => {
    log.warn({ problem: messageOf(error) }, "the init script cannot be started");
    ended.resolve();
  });
  child.on("exit", (exitCode, signal) => {
    log.info({ exitCode, signal }, "the init script ended");
    ended.resolve();
  });
  const { pid } = child;
  if (pid === undefined) return;
  life.defer("init script", async () => {
    await signalSession(pid, "SIGTERM");
    const force = setTimeout(() => void signalSession(pid, "SIGKILL"), KILL_AFTER_MS);
    await ended.promise;
    clearTimeout(force);
    await signalSession(pid, "SIGKILL"); // what it left in the background
  });
}

/** The log file, or nothing where the home folder cannot be written: the script runs all the same. */
async function openOutput(path: string, log: Logger): Promise<FileHandle | undefined> {
  try {
    return await open(path, flags.O_WRONLY | flags.O_CREAT | flags.O_TRUNC | flags.O_NONBLOCK, 0o644);
  } catch (error) {
    log.warn({ problem: messageOf(error) }, "the init script's output cannot be kept");
    return undefined;
  }
}
