/** From exec to listening and to the first answer of a project's server, from the bundle and its code cache, against a server of Node alone. */

import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import type { Life } from "../../src/core/life.ts";
import { freePort } from "../../src/net/serve/free-port.ts";
import { projectEnv } from "../helpers/project-env.ts";
import { until } from "../helpers/until.ts";
import { bundle, makeProjectCache } from "./image.ts";
import { memoryOf, startProgram } from "./processes.ts";
import { type Benchmark, type Figure, median, megabytes, ms } from "./report.ts";

const ROUNDS = 9;
const AIM_LISTENING_MS = 200;
/** Of version 1, as this project's test cluster has them. */
const GROUPS = "/sys/fs/cgroup/cpu";
const PERIOD_US = 100_000;
const BARE = `require("node:http").createServer((request, response) => response.end()).listen(process.env.PORT, "127.0.0.1")`;

export function benchmark(life: Life): Benchmark {
  return {
    name: "first-answer",
    async run() {
      const port = await freePort();
      const env = {
        ...(await projectEnv(life)),
        HOST: "127.0.0.1",
        PORT: String(port),
        ADMIN_PORT: "0",
        NODE_ENV: "production",
      };
      await makeProjectCache(life);
      const figures: Figure[] = [];
      for (const cores of [undefined, 1, 0.5]) figures.push(...(await measure(life, { env, port, cores })));
      return figures;
    },
  };
}

interface Start {
  listeningMs: number;
  answerMs: number;
  memory: number;
}

interface Place {
  env: Record<string, string>;
  port: number;
  /** How much of the processor it may have; undefined: all. */
  cores: number | undefined;
}

async function measure(life: Life, place: Place): Promise<Figure[]> {
  const ours: Start[] = [];
  const bare: Start[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await startOnce(life, place, [bundle, "--role=project"]));
    bare.push(await startOnce(life, place, ["-e", BARE]));
  }
  const of = (starts: Start[], what: keyof Start) => median(starts.map((start) => start[what]));
  const where = place.cores === undefined ? "all cores" : `${place.cores} core`;
  const row = (what: "listeningMs" | "answerMs") => ({
    measured: ms(of(ours, what)),
    against: `Node's http alone: ${ms(of(bare, what))}`,
    ratio: of(ours, what) / of(bare, what),
  });
  const worst = Math.max(...ours.map(({ listeningMs }) => listeningMs));
  return [
    {
      what: `project's server: exec → listening, ${where}`,
      ...row("listeningMs"),
      aim: `≤ ${AIM_LISTENING_MS} ms`,
      met: of(ours, "listeningMs") <= AIM_LISTENING_MS,
      how: `${ROUNDS} starts by turns, medians; the slowest ${ms(worst)}; files in the page cache`,
    },
    {
      what: `project's server: exec → first 200, ${where}`,
      ...row("answerMs"),
      how: `asked as soon as it listened; then ${megabytes(of(ours, "memory"))} of memory (RSS) against ${megabytes(of(bare, "memory"))}`,
    },
  ];
}

/** Starts a server and ends it once it has answered. */
async function startOnce(life: Life, { env, port, cores }: Place, args: string[]): Promise<Start> {
  const visit = life.child("start");
  const group = cores === undefined ? undefined : await openGroup(visit, cores);
  const joining = group === undefined ? "" : `echo $$ > ${group}/cgroup.procs; `;
  const began = performance.now();
  const child = startProgram(visit, {
    command: "sh",
    args: ["-c", `${joining}exec "$@"`, "sh", process.execPath, ...args],
    env,
  });
  const { listeningMs, answerMs } = await firstAnswer(port, began);
  const memory = await memoryOf(child.pid ?? 0);
  await visit.stop();
  return { listeningMs, answerMs, memory };
}

/** A control group with so much of the processor; removed with the life, after the process in it. */
async function openGroup(life: Life, cores: number): Promise<string> {
  const group = join(GROUPS, `cocalc-bench-${process.pid}`);
  await mkdir(group, { recursive: true });
  await writeFile(join(group, "cpu.cfs_period_us"), String(PERIOD_US));
  await writeFile(join(group, "cpu.cfs_quota_us"), String(PERIOD_US * cores));
  life.defer("control group", () => rmdir(group));
  return group;
}

async function firstAnswer(port: number, began: number): Promise<Omit<Start, "memory">> {
  const socket = await until(() => connected(port), { what: "it listens", timeoutMs: 60_000, everyMs: 1 });
  const listeningMs = performance.now() - began;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("data", (data: Buffer) =>
    data.toString().includes(" 200 ") ? resolve() : reject(new Error(String(data))),
  );
  socket.once("error", reject);
  socket.write("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  await promise;
  socket.destroy();
  return { listeningMs, answerMs: performance.now() - began };
}

function connected(port: number) {
  const { promise, resolve } = Promise.withResolvers<ReturnType<typeof connect> | undefined>();
  const socket = connect(port, "127.0.0.1", () => resolve(socket));
  socket.once("error", () => resolve(undefined));
  return promise;
}
