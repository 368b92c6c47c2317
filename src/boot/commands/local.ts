/** `cocalc-k8s local`: the whole product on this machine, with a database and a cluster of its own; `local env` tells where they are. */

import type { Command } from "commander";
import { readConfig } from "../../core/config.ts";
import { type Environment, environment } from "../../core/env.ts";
import { siteConfig } from "../../net/visitor/site.ts";
import { processConfig } from "../process-config.ts";
import { runProcess } from "../run-process.ts";
import { openProcessLog } from "../run-serving.ts";
import { rolesNamed, startRoles } from "../start-roles.ts";

interface LocalFlags {
  databaseUrl?: string;
  kubeconfig?: string;
}

/** What differs on one machine: only this machine reaches it, and the port is the one people know. */
const LOCAL_DEFAULTS: Environment = { HOST: "127.0.0.1", PORT: "8080", ADMIN_HOST: "127.0.0.1", ADMIN_PORT: "0" };

export function local(program: Command): void {
  const command = program
    .command("local")
    .description("Run everything on this machine, with an embedded database and cluster.")
    .option("--database-url <url>", "use this PostgreSQL server instead of the embedded one")
    .option("--kubeconfig <file>", "use the cluster of this file instead of the embedded one")
    .action((flags: LocalFlags) => runLocal(flags));
  command
    .command("env")
    .description("Print the exports with which psql and kubectl reach the running local instance.")
    .action(async () => {
      const { localExports } = await import("../../local/local.ts");
      process.stdout.write(await localExports(environment()));
    });
}

async function runLocal(flags: LocalFlags): Promise<void> {
  const env = { ...LOCAL_DEFAULTS, ...environment() };
  const config = readConfig(processConfig, env);
  const log = await openProcessLog(config);
  const { startLocal } = await import("../../local/local.ts");
  await runProcess({ log, stopSeconds: config.stopSeconds }, async (life) => {
    const localEnv = await startLocal(life, { env, flags, log });
    const rolesEnv = { ...env, ...localEnv };
    await migrateFirst(rolesEnv);
    const { parts } = await startRoles(life, { names: rolesNamed(["all"]), env: rolesEnv, log });
    const origin = parts.addresses.of("ingress").replace("127.0.0.1", "localhost");
    const { basePath } = readConfig(siteConfig, rolesEnv);
    process.stdout.write(
      `\nCoCalc is at ${origin}${basePath}\nProjects here run as your own user, without isolation: for trying it out, not for strangers. Ctrl-C stops everything.\n\n`,
    );
  });
}

/** What the Job `migrate` does in a cluster. */
async function migrateFirst(env: Environment): Promise<void> {
  const [{ dbConfig }, { migrate }] = await Promise.all([import("../../db/config.ts"), import("../../db/migrate.ts")]);
  await migrate(readConfig(dbConfig, env));
}
