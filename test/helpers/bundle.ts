/** The bundle of the executable as an image holds it: built from the sources, with the code cache of a project's server. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { environment } from "../../src/core/env.ts";
import type { Life } from "../../src/core/life.ts";
import { freePort } from "../../src/net/serve/free-port.ts";
import { temporaryFolder } from "./folder.ts";
import { projectEnv } from "./project-env.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const vite = join(root, "node_modules/vite/bin/vite.js");
const run = promisify(execFile);

/** Builds it into a folder of its own, which goes with the life; returns the path of the executable. */
export async function buildBundle(life: Life): Promise<string> {
  const folder = await temporaryFolder(life, "bundle");
  const env = { ...environment(), NODE_OPTIONS: "" };
  for (const config of ["vite.server.config.ts", "vite.project.config.ts"]) {
    const args = [vite, "build", "--config", config, "--outDir", folder, "--logLevel", "warn"];
    await run(process.execPath, args, { cwd: root, env });
  }
  await run(process.execPath, [join(folder, "make-code-cache.js")], { env: await cacheEnv(life) });
  return join(folder, "main.js");
}

async function cacheEnv(life: Life): Promise<Record<string, string>> {
  return { ...(await projectEnv(life)), PORT: String(await freePort()), ADMIN_HOST: "127.0.0.1", ADMIN_PORT: "0" };
}
