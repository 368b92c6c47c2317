/** A real PostgreSQL server on this machine, from npm, with its data in a folder of ours. Knows nothing of tables. */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { sleep } from "../core/clock.ts";
import { AppError, asError } from "../core/errors.ts";
import type { Life } from "../core/life.ts";
import { endClient, newClient } from "../db/client.ts";
import { makeFolder, readIfThere, writeAtomically } from "./files.ts";
import {
  chooseRunner,
  dyingWithUs,
  findPostgres,
  type PostgresBinaries,
  postgresEnv,
  type Runner,
} from "./postgres-binaries.ts";
import { endLeftoverPostgres } from "./postgres-leftovers.ts";

const run = promisify(execFile);
const HOST = "127.0.0.1";
const USER = "smc";
const DATABASE = "smc";
const START_DEADLINE_MS = 60_000;
const STOP_STEPS: readonly (readonly [NodeJS.Signals, number])[] = [
  ["SIGINT", 10_000], // ends sessions, writes a checkpoint
  ["SIGQUIT", 3_000], // at once; recovers at the next start
  ["SIGKILL", 1_000],
];
/** A server that ends again so soon would do so for ever. */
const RESTART_EVERY_MS = 10_000;
const MAX_LOG_BYTES = 10 * 1024 * 1024;

export interface PostgresOptions {
  /** Folder of its own, made when missing: `cluster/`, `server.json` (password and port, 0600), `postgres.log`. */
  dataDir: string;
  /** Without it: the port of last time where it is free, else any. */
  port?: number;
  /** For tests: nothing is forced to disk. */
  fast?: boolean;
  /** With it a server that ends by itself is started again, after telling why; without it the life fails. */
  onRestart?: (why: AppError) => void;
}

/** Where the server is and who its superuser is. */
export interface RunningPostgres {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

const kept = z.object({ password: z.string(), port: z.number() });

/**
 * Starts the server, makes it first when there is none, and stops it with the life. One left over from a run that was killed is stopped
 * first. Should it die later, the life fails, but for `onRestart`.
 * @throws AppError `unavailable` with the last lines of its log when it does not come up.
 */
export async function startPostgres(life: Life, options: PostgresOptions): Promise<RunningPostgres> {
  const binaries = await findPostgres();
  await makeFolder(options.dataDir);
  const dataDir = await realpath(options.dataDir);
  const runner = await chooseRunner(binaries, dataDir);
  await runner.own(dataDir);
  const cluster = join(dataDir, "cluster");
  await endLeftoverPostgres(cluster);
  const settings = await readSettings(dataDir);
  const password = settings?.password ?? randomBytes(24).toString("base64url");
  const port = await freePort(options.port ?? settings?.port, options.port !== undefined);
  await writeAtomically(join(dataDir, "server.json"), JSON.stringify({ password, port }));
  if (!(await readIfThere(join(cluster, "PG_VERSION")))) await makeCluster({ binaries, runner, dataDir, password });
  const { fast = false, onRestart } = options;
  await keepServing(life, { binaries, runner, dataDir, port, fast, onRestart });
  await createDatabase({ port, password });
  return { host: HOST, port, user: USER, password, database: DATABASE };
}

async function readSettings(dataDir: string): Promise<z.infer<typeof kept> | undefined> {
  const text = await readIfThere(join(dataDir, "server.json"));
  if (text === undefined) return undefined;
  return kept.parse(JSON.parse(text));
}

interface Making {
  binaries: PostgresBinaries;
  runner: Runner;
  dataDir: string;
  password: string;
}

/** Makes the cluster beside its place and moves it there when it is whole, so that a crash leaves none or one. */
async function makeCluster({ binaries, runner, dataDir, password }: Making): Promise<void> {
  const making = join(dataDir, "cluster.making");
  const passwordFile = join(dataDir, "password.once");
  await rm(making, { recursive: true, force: true });
  await writeAtomically(passwordFile, password);
  await runner.own(passwordFile);
  const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  const access = [`--username=${USER}`, `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
  const [program = "", ...args] = [...runner.prefix, binaries.initdb, "-D", making, ...locale, ...access];
  try {
    await run(program, [...args, "--no-sync", "--no-instructions"], {
      cwd: dataDir,
      env: postgresEnv,
      ...idsOf(runner),
    });
    await rename(making, join(dataDir, "cluster"));
  } catch (cause) {
    const said = typeof cause === "object" && cause !== null && "stderr" in cause ? String(cause.stderr).trim() : "";
    throw new AppError("unavailable", `A PostgreSQL data folder could not be made in ${dataDir}: ${said}`, { cause });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

interface Starting {
  binaries: PostgresBinaries;
  runner: Runner;
  dataDir: string;
  port: number;
  fast: boolean;
  onRestart: ((why: AppError) => void) | undefined;
}

interface Server {
  child: ChildProcess;
  ended: Promise<void>;
}

/** Resolves when the server is ready. One that ends by itself is followed by another, but not for ever. */
async function keepServing(life: Life, starting: Starting): Promise<void> {
  const cluster = join(starting.dataDir, "cluster");
  const logFile = join(starting.dataDir, "postgres.log");
  let server: Server | undefined;
  let restartedAt = Number.NEGATIVE_INFINITY;
  life.defer("postgres", () => server && stopServer(server));
  const dead = async () =>
    new AppError(
      "unavailable",
      `PostgreSQL ended by itself; the last lines of ${logFile}:\n${await lastLines(logFile)}`,
    );
  const start = async (): Promise<void> => {
    server = await spawnServer(starting);
    if (life.isStopping) return stopServer(server);
    if (!(await untilReady(cluster, server))) throw await dead();
    void server.ended.then(follow).catch((error: unknown) => life.fail(asError(error)));
  };
  const follow = async (): Promise<void> => {
    if (life.isStopping) return;
    const why = await dead();
    if (starting.onRestart === undefined || performance.now() - restartedAt < RESTART_EVERY_MS) throw why;
    restartedAt = performance.now();
    starting.onRestart(why);
    await endLeftoverPostgres(cluster);
    await start();
  };
  await start();
}

async function spawnServer({ binaries, runner, dataDir, port, fast }: Starting): Promise<Server> {
  const cluster = join(dataDir, "cluster");
  const log = await openServerLog(join(dataDir, "postgres.log"));
  const command = [...runner.prefix, ...(await dyingWithUs("INT")), binaries.postgres, "-D", cluster];
  const [program = "", ...args] = [...command, ...serverSettings(port, fast)];
  const child = spawn(program, args, {
    cwd: dataDir,
    env: postgresEnv,
    stdio: ["ignore", log.fd, log.fd],
    detached: true, // a Ctrl-C at the terminal must reach us first, not it
    ...idsOf(runner),
  });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  await log.close();
  return { child, ended };
}

function serverSettings(port: number, fast: boolean): string[] {
  const settings: Record<string, string> = {
    listen_addresses: HOST,
    port: String(port),
    unix_socket_directories: "", // one way in, with the password
    TimeZone: "UTC",
    log_timezone: "UTC",
    max_connections: "300",
    dynamic_shared_memory_type: "mmap", // /dev/shm is tiny or missing in some containers
    ...(fast && { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** Its log, begun anew when it has grown long. */
async function openServerLog(path: string) {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0, // none yet
  );
  return open(path, size > MAX_LOG_BYTES ? "w" : "a", 0o600);
}

/** Waits until the server writes `ready` into its pid file; false when it ended instead. */
async function untilReady(cluster: string, { child, ended }: Server): Promise<boolean> {
  const over = new AbortController();
  void ended.then(() => over.abort());
  const giveUpAt = performance.now() + START_DEADLINE_MS;
  while (!over.signal.aborted && performance.now() < giveUpAt) {
    const lines = (await readIfThere(join(cluster, "postmaster.pid")))?.split("\n") ?? [];
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === "ready") return true;
    await sleep(5, over.signal);
  }
  return false;
}

async function stopServer({ child, ended }: Server): Promise<void> {
  for (const [signal, patienceMs] of STOP_STEPS) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    child.kill(signal);
    const patience = new AbortController();
    await Promise.race([ended, sleep(patienceMs, patience.signal)]);
    patience.abort();
  }
}

async function createDatabase({ port, password }: { port: number; password: string }): Promise<void> {
  const client = newClient({ host: HOST, port, user: USER, password, database: "postgres" });
  try {
    await client.connect();
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await endClient(client);
  }
}

/** The wished port if it is free, else any free one; a wish that `must` be met and cannot be is an error. */
async function freePort(wished: number | undefined, must: boolean): Promise<number> {
  const server = createServer();
  const bound = (port: number) =>
    new Promise<number | undefined>((resolve) => {
      server.once("error", () => resolve(undefined));
      server.listen(port, HOST, () => {
        const address = server.address();
        server.close(() => resolve(typeof address === "object" ? address?.port : undefined));
      });
    });
  const port = await bound(wished ?? 0);
  if (port !== undefined) return port;
  if (must) throw new AppError("unavailable", `Port ${wished} for PostgreSQL is taken on ${HOST}; choose another.`);
  return freePort(undefined, true);
}

async function lastLines(path: string): Promise<string> {
  return ((await readIfThere(path)) ?? "").trimEnd().split("\n").slice(-8).join("\n");
}

function idsOf({ uid, gid }: Runner): { uid?: number; gid?: number } {
  return { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
}
