/** Programs under measurement: started, optionally pinned to a core, awaited until they answer, and ended by their id. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { RoleName } from "../../roles/names.ts";
import type { Life } from "../../src/core/life.ts";
import { freePort } from "../../src/net/serve/free-port.ts";
import { until } from "../helpers/until.ts";

const run = promisify(execFile);
const bundle = fileURLToPath(new URL("../../dist/server/main.js", import.meta.url));

export interface Program {
  command: string;
  args: string[];
  env?: Record<string, string>;
  /** Core to run on, so that who measures and who is measured do not share one. */
  core?: number;
}

/** Starts a program; killed when the life stops. What it writes goes nowhere, unless it fails. */
export function startProgram(life: Life, { command, args, env = {}, core }: Program): ChildProcess {
  const pinned = core === undefined ? [command, ...args] : ["taskset", "-c", String(core), command, ...args];
  const [program = command, ...rest] = pinned;
  const child = spawn(program, rest, { env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-2_000);
  });
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  child.once("close", (code) => {
    if (!life.isStopping && code !== 0) process.stderr.write(`${command} ended with ${code}: ${stderr}\n`);
    resolve();
  });
  life.defer(command, async () => {
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), 5_000);
    await ended;
    clearTimeout(force);
  });
  return child;
}

/** Starts a role as it ships, from `dist/server`; resolves when it listens on a port of the loopback. */
export async function startBuiltRole(
  life: Life,
  role: RoleName,
  { env, core }: { env: Record<string, string>; core?: number },
): Promise<{ port: number; pid: number }> {
  const port = await freePort();
  const { pid = 0 } = startProgram(life, {
    command: process.execPath,
    args: [bundle, `--role=${role}`],
    env: {
      ...env,
      NODE_ENV: "production",
      HOST: "127.0.0.1",
      PORT: String(port),
      ADMIN_HOST: "127.0.0.1",
      ADMIN_PORT: "0",
      COCALC_LOG_LEVEL: "error",
    },
    ...(core !== undefined && { core }),
  });
  await untilListening(port);
  return { port, pid };
}

/** Resolves when something listens on a port of the loopback. */
export async function untilListening(port: number, host = "127.0.0.1"): Promise<void> {
  await until(
    () => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const socket = connect(port, host, () => resolve(true));
      socket.once("error", () => resolve(false));
      return promise.finally(() => socket.destroy());
    },
    { what: `something listens on ${host}:${port}`, timeoutMs: 30_000 },
  );
}

/** Requests per second that wrk gets, from one core with some connections. @throws when answers were not 2xx. */
export async function requestsPerSecond(
  url: string,
  { seconds, connections, headers, core }: { seconds: number; connections: number; headers: string[]; core: number },
): Promise<number> {
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, ...headers.flatMap((header) => ["-H", header]), url];
  const { stdout } = await run("taskset", ["-c", String(core), "wrk", ...args]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk met errors at ${url}:\n${stdout}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}

/** Bytes per second of one download by curl. */
export async function downloadSpeed(url: string, headers: string[]): Promise<number> {
  const args = [
    "-sS",
    "--fail",
    "-o",
    "/dev/null",
    "-w",
    "%{speed_download}",
    ...headers.flatMap((header) => ["-H", header]),
  ];
  return Number((await run("curl", [...args, url])).stdout);
}

/** Memory of a process in bytes, as the system counts it (RSS). */
export async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

/** Milliseconds that all threads of a process have had of the processor. */
export async function processorTimeOf(pid: number): Promise<number> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const times = tasks.map(async (task) => {
    const [nanoseconds = "0"] = (await readFile(`/proc/${pid}/task/${task}/schedstat`, "utf8")).split(" ");
    return Number(nanoseconds) / 1e6;
  });
  return (await Promise.all(times)).reduce((sum, time) => sum + time, 0);
}
