/** How soon each role serves, and the memory it takes, as a process of its own from the built bundle, against a server of Node alone. */

import { setTimeout as after } from "node:timers/promises";
import { type RoleName, roleNames } from "../../roles/names.ts";
import type { Life } from "../../src/core/life.ts";
import { freePort } from "../../src/net/serve/free-port.ts";
import { openEmbeddedCluster } from "../helpers/embedded-cluster.ts";
import { projectEnv } from "../helpers/project-env.ts";
import { until } from "../helpers/until.ts";
import { bundle, makeProjectCache, makeServiceCache } from "./image.ts";
import { memoryOf, processorTimeOf, startProgram } from "./processes.ts";
import { type Benchmark, type Figure, median, megabytes, ms } from "./report.ts";
import { openWorld } from "./world.ts";

const ROUNDS = 5;
const AIM_READY_MS = 250;
/** The aim where others use the machine too: Node's http alone listens after 40 ms where nobody does. */
const AIM_RATIO = AIM_READY_MS / 40;
const AIM_MEMORY = 80e6;
/** Until what a start leaves for later is done as well, and what it left behind is collected. */
const REST_MS = 12_000;
/** A server that is ready as soon as it listens; on the port where a role tells how it is. */
const BARE = `require("node:http").createServer((request, response) => response.end()).listen(process.env.ADMIN_PORT, "127.0.0.1")`;

export function benchmark(life: Life): Benchmark {
  return {
    name: "roles",
    async run() {
      const [{ env }, cluster] = [await openWorld(life), await openEmbeddedCluster(life)];
      await makeProjectCache(life);
      const all = { ...env, ...cluster.env, ...(await projectEnv(life)), ...(await makeServiceCache(life)) };
      const figures: Figure[] = [];
      for (const name of roleNames.filter((each) => each !== "migrate"))
        figures.push(...(await measure(life, name, all)));
      return figures;
    },
  };
}

async function measure(life: Life, name: RoleName, env: Record<string, string>): Promise<Figure[]> {
  const ours: Start[] = [];
  const bare: Start[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    ours.push(await startOnce(life, [bundle, `--role=${name}`], env));
    bare.push(await startOnce(life, ["-e", BARE], env));
  }
  const resting = await startOnce(life, [bundle, `--role=${name}`], env, REST_MS);
  const of = (starts: Start[], what: keyof Start) => median(starts.map((start) => start[what]));
  const least = Math.min(...ours.map(({ readyMs }) => readyMs));
  const ratios = (what: keyof Start) => ours.map((start, round) => start[what] / (bare[round]?.[what] ?? Number.NaN));
  const processorRatio = median(ratios("processorMs"));
  const processor = `processor time ${ms(of(ours, "processorMs"))} against ${ms(of(bare, "processorMs"))}, ${processorRatio.toFixed(2)}`;
  return [
    {
      what: `role ${name}: start of the process to ready`,
      measured: ms(of(ours, "readyMs")),
      against: `Node's http alone: ${ms(of(bare, "readyMs"))}`,
      ratio: median(ratios("readyMs")),
      ratios: ratios("readyMs"),
      aim: `≤ ${AIM_READY_MS} ms, or ≤ ${AIM_RATIO} × the processor time of Node's http alone`,
      met: of(ours, "readyMs") <= AIM_READY_MS || processorRatio <= AIM_RATIO,
      how: `${ROUNDS} starts by turns, medians; the quickest ${ms(least)}; ${processor}; stops in ${ms(of(ours, "stopMs"))}`,
    },
    {
      what: `role ${name}: memory when idle (RSS)`,
      measured: megabytes(resting.memory),
      against: `Node's http alone: ${megabytes(of(bare, "memory"))}`,
      ratio: resting.memory / of(bare, "memory"),
      aim: `≤ ${megabytes(AIM_MEMORY)}`,
      met: resting.memory <= AIM_MEMORY,
      how: `${ms(REST_MS)} after it was ready, ${megabytes(of(ours, "memory"))} at once; of it the system shares Node's own pages among processes`,
    },
  ];
}

interface Start {
  readyMs: number;
  processorMs: number;
  memory: number;
  stopMs: number;
}

async function startOnce(life: Life, args: string[], env: Record<string, string>, restMs = 0): Promise<Start> {
  const [port, adminPort] = [String(await freePort()), String(await freePort())];
  const listen = { HOST: "127.0.0.1", PORT: port, ADMIN_HOST: "127.0.0.1", ADMIN_PORT: adminPort };
  const visit = life.child("start");
  const began = performance.now();
  const child = startProgram(visit, { command: process.execPath, args, env: { ...env, ...listen } });
  const isReady = () =>
    fetch(`http://127.0.0.1:${adminPort}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(isReady, { what: `${args.join(" ")} is ready`, timeoutMs: 60_000, everyMs: 2 });
  const readyMs = performance.now() - began;
  const pid = child.pid ?? 0;
  const processorMs = await processorTimeOf(pid);
  await after(restMs);
  const memory = await memoryOf(pid);
  const stopping = performance.now();
  await visit.stop();
  return { readyMs, processorMs, memory, stopMs: performance.now() - stopping };
}
