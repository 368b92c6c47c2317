/** The bundle as the images hold it: with what V8 made of the code when the image was built (see the Dockerfile). */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Life } from "../../src/core/life.ts";
import { freePort } from "../../src/net/serve/free-port.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { projectEnv } from "../helpers/project-env.ts";
import { until } from "../helpers/until.ts";
import { startProgram } from "./processes.ts";

const server = fileURLToPath(new URL("../../dist/server", import.meta.url));
export const bundle = join(server, "main.js");

/** Makes the code cache of a project's server, which stands beside the bundle. */
export async function makeProjectCache(life: Life): Promise<void> {
  const env = { ...(await projectEnv(life)), PORT: String(await freePort()), ADMIN_HOST: "127.0.0.1", ADMIN_PORT: "0" };
  await runToEnd(life, [join(server, "make-code-cache.js")], env);
}

/** Makes the compile cache of the service image; returns the environment that names it. */
export async function makeServiceCache(life: Life): Promise<Record<string, string>> {
  const env = { NODE_ENV: "production", NODE_COMPILE_CACHE: await temporaryFolder(life, "compiled") };
  await runToEnd(life, [bundle, "roles"], env);
  return env;
}

async function runToEnd(life: Life, args: string[], env: Record<string, string>): Promise<void> {
  const child = startProgram(life, { command: process.execPath, args, env });
  await until(() => child.exitCode !== null, { what: `${args[0]} is done`, timeoutMs: 60_000 });
}
