/** How soon each role serves, how soon it stops, and the memory it takes, as a process of its own from the built bundle. */

import { fileURLToPath } from "node:url";
import { type RoleName, roleNames } from "../../roles/names.ts";
import type { Life } from "../../src/core/life.ts";
import { freePort } from "../../src/net/serve/serve.ts";
import { openEmbeddedCluster } from "../helpers/embedded-cluster.ts";
import { projectEnv } from "../helpers/project-env.ts";
import { until } from "../helpers/until.ts";
import { memoryOf, startProgram } from "./processes.ts";
import { type Benchmark, type Figure, megabytes, ms } from "./report.ts";
import { openWorld } from "./world.ts";

const bundle = fileURLToPath(new URL("../../dist/server/main.js", import.meta.url));

export function benchmark(life: Life): Benchmark {
  return {
    name: "roles",
    async run() {
      const { env } = await openWorld(life);
      const cluster = await openEmbeddedCluster(life);
      const all = { ...env, ...cluster.env, ...(await projectEnv(life)), NODE_ENV: "production" };
      const bare = await bareNode(life);
      const figures: Figure[] = [];
      for (const name of roleNames.filter((each) => each !== "migrate"))
        figures.push(await measure(life, name, { env: all, bare }));
      return figures;
    },
  };
}

async function measure(
  life: Life,
  name: RoleName,
  { env, bare }: { env: Record<string, string>; bare: number },
): Promise<Figure> {
  const [port, adminPort] = [String(await freePort()), String(await freePort())];
  const began = performance.now();
  const child = startProgram(life, {
    command: process.execPath,
    args: [bundle, `--role=${name}`],
    env: {
      ...env,
      HOST: "127.0.0.1",
      PORT: port,
      ADMIN_HOST: "127.0.0.1",
      ADMIN_PORT: adminPort,
      COCALC_LOG_LEVEL: "error",
    },
  });
  const ready = () =>
    fetch(`http://127.0.0.1:${adminPort}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(ready, { what: `${name} is ready`, timeoutMs: 20_000 });
  const readyAfter = performance.now() - began;
  const memory = await memoryOf(child.pid ?? 0);
  const stopping = performance.now();
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once("exit", () => resolve());
  child.kill("SIGTERM");
  await promise;
  return {
    what: `role ${name}: start of the process to ready`,
    measured: ms(readyAfter),
    against: `node -e 0: ${ms(bare)}`,
    ratio: readyAfter / bare,
    aim: "about 1 s",
    met: readyAfter <= 1_200,
    how: `one run; ${megabytes(memory)} of memory (RSS) when ready, stops in ${ms(performance.now() - stopping)}`,
  };
}

/** What starting Node alone takes. */
async function bareNode(life: Life): Promise<number> {
  const began = performance.now();
  const child = startProgram(life, { command: process.execPath, args: ["-e", "0"] });
  const { promise, resolve } = Promise.withResolvers<void>();
  child.once("exit", () => resolve());
  await promise;
  return performance.now() - began;
}
