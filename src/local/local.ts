/** `cocalc-k8s local`: a database and a cluster on this machine, or the real ones that flags name. Starts no role. */

import { access, constants, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { readConfig } from "../core/config.ts";
import type { Environment } from "../core/env.ts";
import { AppError, messageOf } from "../core/errors.ts";
import type { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import { type LocalConfig, localConfig } from "./config.ts";
import { databaseFromUrl } from "./database-url.ts";
import { applyDefaults, localImages } from "./default-config.ts";
import { makeFolder, readIfThere, writeAtomically } from "./files.ts";
import { isLocked, lockFolder } from "./folder-lock.ts";
import { openKubeApi } from "./kube-api/kube-api.ts";
import { openKubelet } from "./kubelet/kubelet.ts";
import { startPostgres } from "./postgres.ts";
import { mirrorSoftware } from "./software-folder.ts";

export interface LocalOptions {
  env: Environment;
  flags: { databaseUrl?: string; kubeconfig?: string };
  log: Logger;
  /** Path of the program that `--role=project` is given to; without it the one that runs. */
  main?: string;
}

const NAMESPACE = "cocalc";
const ENV_FILE = "local.env.json";
/** What `local env` prints, in this order. */
const EXPORTED = [
  "KUBECONFIG",
  "PGHOST",
  "PGPORT",
  "PGUSER",
  "PGPASSWORD",
  "PGDATABASE",
  "COCALC_NETWORK_OPEN",
  "COCALC_COUNT_ALL_PODS",
] as const;

/**
 * Starts what the flags do not name, and returns the variables with which all roles are started: they win over inherited ones.
 * @throws AppError that says what to do when the data folder is in use or something cannot start.
 */
export async function startLocal(life: Life, options: LocalOptions): Promise<Record<string, string>> {
  const { env, flags, log } = options;
  const config = readConfig(localConfig, env);
  const data = resolve(config.data);
  await makeDataFolder(data);
  await lockFolder(life, data);
  const database = flags.databaseUrl
    ? databaseFromUrl(flags.databaseUrl)
    : await embeddedDatabase(life, { dataDir: join(data, "postgres"), config, log });
  const cluster = flags.kubeconfig
    ? { KUBECONFIG: resolve(flags.kubeconfig) }
    : await embeddedCluster(life, { data, config, log, main: options.main ?? process.argv[1] ?? "" });
  const found = { ...database, ...cluster };
  const envFile = join(data, ENV_FILE);
  await writeAtomically(envFile, JSON.stringify(found));
  life.defer("local environment", () => rm(envFile, { force: true }));
  log.warn({ data }, "projects run as the local user, without isolation: for trying out, not for strangers");
  return found;
}

async function makeDataFolder(data: string): Promise<void> {
  try {
    await makeFolder(data);
    await access(data, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const message = `The data folder ${data} cannot be used (${messageOf(cause)}): set COCALC_DATA to a folder that you may write into.`;
    throw new AppError("unavailable", message, { cause });
  }
}

/** The text that `local env` prints. @throws AppError `not_found` when no instance runs on the data folder. */
export async function localExports(env: Environment): Promise<string> {
  const data = resolve(readConfig(localConfig, env).data);
  const text = isLocked(data) ? await readIfThere(join(data, ENV_FILE)) : undefined;
  if (text === undefined) {
    throw new AppError("not_found", `No instance runs in ${data}: start one with npm start, or set COCALC_DATA.`);
  }
  const values = z.record(z.string(), z.string()).parse(JSON.parse(text));
  const lines = EXPORTED.map((name) => `export ${name}=${quoted(values[name] ?? "")}`);
  return `${lines.join("\n")}\n`;
}

async function embeddedDatabase(
  life: Life,
  { dataDir, config, log }: { dataDir: string; config: LocalConfig; log: Logger },
): Promise<Record<string, string>> {
  const postgres = await startPostgres(life, {
    dataDir,
    onRestart: ({ message }) => log.error({ reason: message }, "PostgreSQL ended by itself; starting it again"),
    ...(config.postgresPort !== undefined && { port: config.postgresPort }),
  });
  return {
    PGHOST: postgres.host,
    PGPORT: String(postgres.port),
    PGUSER: postgres.user,
    PGPASSWORD: postgres.password,
    PGDATABASE: postgres.database,
    PGPASSWORD_FILE: "",
    PGSSLMODE: "disable",
  };
}

interface ClusterOptions {
  data: string;
  config: LocalConfig;
  log: Logger;
  main: string;
}

async function embeddedCluster(
  life: Life,
  { data, config, log, main }: ClusterOptions,
): Promise<Record<string, string>> {
  const { cores, memoryBytes, kubernetesPort } = config;
  const api = await openKubeApi(life, {
    dataDir: join(data, "kubernetes"),
    namespace: NAMESPACE,
    log,
    port: kubernetesPort,
  });
  applyDefaults(api.store, { namespace: NAMESPACE, log });
  const softwareFolder = await mirrorSoftware(life, {
    store: api.store,
    namespace: NAMESPACE,
    folder: join(data, "software"),
  });
  await openKubelet(life, {
    api,
    dataDir: join(data, "kubelet"),
    claimsDir: join(data, "volumes"),
    images: localImages({ main: resolve(main), cacheDir: join(data, "cache") }),
    log,
    capacity: { ...(cores !== undefined && { cores }), ...(memoryBytes !== undefined && { memoryBytes }) },
  });
  return {
    KUBECONFIG: api.kubeconfig,
    COCALC_NAMESPACE: NAMESPACE,
    COCALC_KUBE_CONTEXT: "",
    COCALC_HUB_DRAIN_SECONDS: "0", // there is no other replica to go to
    COCALC_NETWORK_OPEN: "yes", // projects are processes of this machine, and have its network
    COCALC_COUNT_ALL_PODS: "yes", // there are no others: they count without a word about it
    COCALC_SOFTWARE_ENVIRONMENTS: softwareFolder,
  };
}

/** For a shell. */
function quoted(value: string): string {
  return /^[\w./:-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
