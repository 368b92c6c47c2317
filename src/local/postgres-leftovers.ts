/** Ends a PostgreSQL that a killed run left behind on our data folder, and forgets its pid file. Starts nothing. */

import { execFile } from "node:child_process";
import { realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { sleep } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { readIfThere } from "./files.ts";
import { identify, pidsWorkingIn, signalProcess } from "./processes.ts";

const run = promisify(execFile);
const PATIENCE_MS = 15_000;
const HARDER_AFTER_MS = 5_000;

/**
 * A server and its backends all work in the data folder, which is how they are known to be ours. The pid file of a dead server goes
 * too: PostgreSQL would refuse to start when another program has got its pid since.
 * @throws AppError `unavailable` when one does not end.
 */
export async function endLeftoverPostgres(cluster: string): Promise<void> {
  const pidFile = join(cluster, "postmaster.pid");
  const text = await readIfThere(pidFile);
  if (text === undefined) return;
  const folder = await realpath(cluster);
  const master = Number(text.split("\n")[0]);
  const startedAt = performance.now();
  for (let asked = ""; ; ) {
    const left = await ours(folder, master);
    if (left.length === 0) break;
    const waited = performance.now() - startedAt;
    if (waited > PATIENCE_MS) {
      throw new AppError(
        "unavailable",
        `A PostgreSQL of an earlier run (pid ${left.join(", ")}) does not end; end it by hand.`,
      );
    }
    const signal = waited > HARDER_AFTER_MS ? "SIGKILL" : "SIGINT"; // without its master, a backend ends by itself
    const targets = left.includes(master) ? [master] : left;
    if (asked !== `${signal} ${targets}`) for (const pid of targets) signalProcess(pid, signal);
    asked = `${signal} ${targets}`;
    await sleep(10, new AbortController().signal);
  }
  await rm(pidFile, { force: true });
}

async function ours(folder: string, master: number): Promise<number[]> {
  if (process.platform === "linux") return pidsWorkingInAsPostgres(folder);
  if (!(await identify(master))) return [];
  const { stdout } = await run("ps", ["-o", "command=", "-p", String(master)], { env: { PATH: "/usr/bin:/bin" } });
  return stdout.includes("postgres") && stdout.includes(folder) ? [master] : [];
}

async function pidsWorkingInAsPostgres(folder: string): Promise<number[]> {
  const pids = await pidsWorkingIn(folder);
  const names = await Promise.all(pids.map((pid) => readIfThere(`/proc/${pid}/comm`).catch(() => undefined))); // gone meanwhile
  return pids.filter((_, index) => names[index]?.trim() === "postgres");
}
