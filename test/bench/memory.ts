/** What a project's server keeps of sockets that came and went: 2,000 leave behind nothing that the next 2,000 add to. */

import { setTimeout as after } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { io } from "socket.io-client";
import type { Life } from "../../src/core/life.ts";
import { ASSERTION_HEADER } from "../../src/protocol/assertion.ts";
import { startProjectProcess } from "../helpers/project-process.ts";
import { startProjectServer, type TestProjectServer } from "../helpers/project-server.ts";
import { bundle, makeProjectCache } from "./image.ts";
import { memoryOf } from "./processes.ts";
import { type Benchmark, type Figure, megabytes, ms } from "./report.ts";

const ROUNDS = 5;
const WAVES = 20;
/** A project takes 500 at once; those that were just told to go may still be there. */
const AT_ONCE = 100;
/** V8 begins to give memory back 8 s after the last of it was wanted. */
const REST_MS = 20_000;
const AIM = 1.1;

export function benchmark(life: Life): Benchmark {
  return { name: "memory", run: async () => [await measure(life), await measureProcess(life)] };
}

/** As the system counts it, of a server that is a process of its own: V8 collects and gives pages back once nothing has come for some seconds. */
async function measureProcess(life: Life): Promise<Figure> {
  await makeProjectCache(life);
  const server = await startProjectProcess(life, { main: bundle, env: { NODE_ENV: "production" } });
  const idle = await memoryOf(server.pid);
  const full: number[] = [];
  const rested: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await comeAndGoInWaves(server);
    full.push(await memoryOf(server.pid));
    await after(REST_MS);
    rested.push(await memoryOf(server.pid));
  }
  const [second = 0, last = 0] = [rested[1], rested.at(-1)];
  return {
    what: `project's server: memory (RSS) at rest after ${WAVES * AT_ONCE} sockets came and went ${ROUNDS} times`,
    measured: `${megabytes(last)} (idle at first ${megabytes(idle)})`,
    against: `after the second ${WAVES * AT_ONCE}: ${megabytes(second)}`,
    ratio: last / second,
    aim: `≤ ${AIM}: bounded`,
    met: last / second <= AIM,
    how: `${AT_ONCE} at once, by WebSocket; after each ${WAVES * AT_ONCE}: ${full.map(megabytes).join(", ")}; ${ms(REST_MS)} later: ${rested.map(megabytes).join(", ")}`,
  };
}

async function measure(life: Life): Promise<Figure> {
  const server = await startProjectServer(life);
  const live: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await comeAndGoInWaves(server);
    live.push(await liveHeap());
  }
  const [second = 0, last = 0] = [live[1], live.at(-1)];
  return {
    what: `project's server: heap that lives after ${WAVES * AT_ONCE} sockets came and went ${ROUNDS} times`,
    measured: `${megabytes(last)}`,
    against: `after the second ${WAVES * AT_ONCE}: ${megabytes(second)}`,
    ratio: last / second,
    aim: `≤ ${AIM}: bounded`,
    met: last / second <= AIM,
    how: `${AT_ONCE} at once, by WebSocket, clients in the same process; heap in use after a full collection, which V8 makes by itself as memory gets scarce`,
  };
}

async function comeAndGoInWaves(server: TestProjectServer): Promise<void> {
  for (let wave = 0; wave < WAVES; wave += 1)
    await Promise.all(Array.from({ length: AT_ONCE }, () => comeAndGo(server)));
}

async function comeAndGo({ origin, projectId, hub }: TestProjectServer): Promise<void> {
  const socket = io(origin, {
    path: `/${projectId}/api/socket`,
    transports: ["websocket"],
    forceNew: true,
    reconnection: false,
    extraHeaders: { [ASSERTION_HEADER]: await hub.assertion({ aud: projectId }) },
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("hello", resolve);
  socket.once("connect_error", reject);
  await promise;
  socket.disconnect();
}

/** Bytes in use once everything that nobody holds is gone. */
async function liveHeap(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void; // what the flag exposes
  await after(500); // the last sockets close
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
