/** Runs the product's command line as a process of its own. */

import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { environment } from "../../src/core/env.ts";
import type { Life } from "../../src/core/life.ts";

const fromSource = fileURLToPath(new URL("../../bin/cocalc-k8s.js", import.meta.url));

export interface CliProcess {
  child: ChildProcess;
  /** What it has written so far. */
  output(): { stdout: string; stderr: string };
  /** Exit status, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
}

/** Starts `cocalc-k8s ARGS` with only these variables (and PATH); killed when the life stops. */
export function startCli(
  life: Life,
  args: string[],
  env: Record<string, string> = {},
  main: string = fromSource,
): CliProcess {
  const { PATH, HOME } = environment();
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH, HOME, COCALC_LOG_FORMAT: "json", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const { promise: ended, resolve } = Promise.withResolvers<number | NodeJS.Signals>();
  child.on("close", (code, signal) => resolve(signal ?? code ?? 1));
  life.defer("command line", async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { child, output: () => ({ stdout, stderr }), ended };
}

/** Runs it to its end. */
export async function runCli(life: Life, args: string[], env: Record<string, string> = {}) {
  const { output, ended } = startCli(life, args, env);
  const status = await ended;
  return { status, ...output() };
}
