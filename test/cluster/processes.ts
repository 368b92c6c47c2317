/** The daemons of a cluster: each is recorded in a file, so that any process may stop or start it again. */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { environment } from "../../src/core/env.ts";
import type { ClusterLayout } from "./layout.ts";
import { enterNamespace } from "./network.ts";

const daemonSchema = z.object({
  name: z.string(),
  /** The network namespace it runs in. */
  namespace: z.string(),
  program: z.string(),
  /** At least one argument names the cluster's folder: that is how its process is told from a stranger with the same id. */
  args: z.array(z.string()),
  env: z.record(z.string(), z.string()).default({}),
  uid: z.int().optional(),
});
export type Daemon = z.input<typeof daemonSchema>;
const recordSchema = z.object({ daemon: daemonSchema, pid: z.int(), number: z.int() });
type Recorded = z.infer<typeof recordSchema>;

/** Starts `daemon`, its output going to a log file; what was recorded under its name must have been stopped. */
export async function startDaemon(cluster: ClusterLayout, daemon: Daemon): Promise<void> {
  const parsed = daemonSchema.parse(daemon);
  await mkdir(cluster.processes, { recursive: true });
  await mkdir(cluster.logs, { recursive: true });
  const log = openSync(join(cluster.logs, `${daemon.name}.log`), "a");
  const asUser =
    parsed.uid === undefined ? [] : ["setpriv", `--reuid=${parsed.uid}`, `--regid=${parsed.uid}`, "--clear-groups"];
  const [enter = "", ...rest] = [...enterNamespace(parsed.namespace), ...asUser, parsed.program, ...parsed.args];
  const child = spawn(enter, rest, {
    cwd: cluster.folder,
    env: { ...environment(), ...parsed.env },
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  child.unref();
  if (child.pid === undefined) {
    throw new Error(`Could not start ${daemon.name}: is nsenter installed?`);
  }
  const number = (await recordedDaemons(cluster)).length;
  await writeRecord(cluster, { daemon: parsed, pid: child.pid, number });
}

/** Starts a recorded daemon again, just as it was. */
export async function restartDaemon(cluster: ClusterLayout, name: string): Promise<void> {
  const { daemon } = await readRecord(cluster, name);
  await startDaemon(cluster, daemon);
}

/** Ends a recorded daemon (KILL after `graceMs`, at once for 0) and waits until it is gone; its record stays. */
export async function stopDaemon(cluster: ClusterLayout, name: string, graceMs = 5000): Promise<void> {
  const { pid } = await readRecord(cluster, name);
  await endProcess(cluster, pid, graceMs);
}

/** Ends all recorded daemons, the last started first. */
export async function stopDaemons(cluster: ClusterLayout): Promise<void> {
  for (const { daemon, pid } of await recordedDaemons(cluster)) {
    await endProcess(cluster, pid, 3000);
    await rm(recordPath(cluster, daemon.name), { force: true });
  }
}

/** The ids of all processes whose command line names this folder of a cluster or node, containerd's shims among them. */
export async function processesOf(of: { folder: string }): Promise<number[]> {
  const ids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found: number[] = [];
  for (const id of ids) {
    if (id !== process.pid && (await belongsTo(of, id))) {
      found.push(id);
    }
  }
  return found;
}

async function endProcess(cluster: ClusterLayout, pid: number, graceMs: number): Promise<void> {
  if (!(await belongsTo(cluster, pid))) {
    return;
  }
  if (graceMs > 0) {
    signal(pid, "SIGTERM");
  }
  const deadline = Date.now() + graceMs;
  while (await belongsTo(cluster, pid)) {
    if (Date.now() >= deadline) {
      signal(pid, "SIGKILL");
    }
    await delay(20);
  }
}

/** Kills what `list` names until it names nothing, for ten seconds at most. */
export async function killAll(list: () => Promise<number[]>): Promise<void> {
  for (let round = 0; round < 100; round += 1) {
    const ids = await list();
    if (ids.length === 0) {
      return;
    }
    for (const id of ids) {
      signal(id, "SIGKILL");
    }
    await delay(100);
  }
}

/** Sends a signal to a process that may have ended. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended between the look and the signal: that is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      throw error;
    }
  }
}

async function belongsTo({ folder }: { folder: string }, pid: number): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return commandLine.includes(`${folder}/`);
}

async function recordedDaemons(cluster: ClusterLayout): Promise<Recorded[]> {
  const files = (await readdir(cluster.processes).catch(() => [])).filter((file) => file.endsWith(".json"));
  const records = await Promise.all(files.map((file) => readRecord(cluster, file.replace(/\.json$/, ""))));
  return records.sort((a, b) => b.number - a.number);
}

/** Written beside and renamed: another process may read it at any moment. */
async function writeRecord(cluster: ClusterLayout, record: Recorded): Promise<void> {
  const path = recordPath(cluster, record.daemon.name);
  await writeFile(`${path}.${process.pid}`, JSON.stringify(record));
  await rename(`${path}.${process.pid}`, path);
}

async function readRecord(cluster: ClusterLayout, name: string): Promise<Recorded> {
  return recordSchema.parse(JSON.parse(await readFile(recordPath(cluster, name), "utf8")));
}

function recordPath(cluster: ClusterLayout, name: string): string {
  return join(cluster.processes, `${name}.json`);
}
