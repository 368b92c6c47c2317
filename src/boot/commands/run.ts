/** `cocalc-k8s --role=…`: runs roles against the database and the cluster that the environment names, until a signal. */

import { readConfig } from "../../core/config.ts";
import type { Environment } from "../../core/env.ts";
import { openLog } from "../../core/log.ts";
import type { EarlyListener } from "../../net/serve/early-listener.ts";
import { type ProcessConfig, processConfig } from "../process-config.ts";
import { runProcess } from "../run-process.ts";
import { rolesNamed, startRoles } from "../start-roles.ts";

/** @param early was opened for the one role. Resolves never, but for roles that end by themselves: then the process exits when nothing is left to do. */
export async function run(namesOrGroups: readonly string[], env: Environment, early?: EarlyListener): Promise<void> {
  const names = rolesNamed(namesOrGroups);
  const config = readConfig(processConfig, env);
  const log = openProcessLog(config);
  const endsByItself = names.every((name) => name === "migrate");
  await runProcess({ log, stopSeconds: config.stopSeconds, endsByItself }, async (life) => {
    await startRoles(life, { names, env, log, early });
    log.info({ roles: names }, "ready");
  });
}

/** The log of a process, as its configuration wants it. */
export function openProcessLog({ logLevel, logFormat }: ProcessConfig) {
  const pretty = logFormat === "auto" ? process.stderr.isTTY === true : logFormat === "pretty";
  return openLog({ level: logLevel, pretty });
}
