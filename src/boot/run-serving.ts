/** Runs roles as the whole of a process: its log, its life, and the word that it is ready. */

import type { RoleName } from "../../roles/names.ts";
import { readConfig } from "../core/config.ts";
import type { Environment } from "../core/env.ts";
import type { Life } from "../core/life.ts";
import { type Logger, linesForPeople, openLog } from "../core/log.ts";
import { collectAtRest } from "./memory-at-rest.ts";
import { type ProcessConfig, processConfig } from "./process-config.ts";
import { runProcess } from "./run-process.ts";

/** Starts them by `start` and serves until a signal. @throws AppError `invalid` before anything is started. */
export async function runServing(
  names: readonly RoleName[],
  env: Environment,
  start: (life: Life, log: Logger) => Promise<unknown>,
): Promise<void> {
  const config = readConfig(processConfig, env);
  const log = await openProcessLog(config);
  const endsByItself = names.every((name) => name === "migrate");
  await runProcess({ log, stopSeconds: config.stopSeconds, endsByItself }, async (life) => {
    await start(life, log);
    collectAtRest(life);
    log.info({ roles: names }, "ready");
  });
}

/** The log of a process, as its configuration wants it. */
export async function openProcessLog({ logLevel, logFormat }: ProcessConfig): Promise<Logger> {
  const pretty = logFormat === "auto" ? process.stderr.isTTY === true : logFormat === "pretty";
  return openLog({ level: logLevel, prettify: pretty ? await linesForPeople() : undefined });
}
