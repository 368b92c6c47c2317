/** Opens the parts that the roles of one process share, each once and only when a role first asks. */

import type { Check, Parts } from "../../roles/define-role.ts";
import type { RoleName } from "../../roles/names.ts";
import { readConfig } from "../core/config.ts";
import type { Environment } from "../core/env.ts";
import type { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Db } from "../db/db.ts";
import type { Kube } from "../kube/types.ts";

/** What all roles of a process have in common; `listen` is each role's own. */
export type SharedParts = Omit<Parts, "listen"> & { checks: ReadonlyMap<string, Check> };

interface SharedOptions {
  env: Environment;
  log: Logger;
  metrics: Metrics;
  applicationName: string;
}

/** Port of a role's Service in a cluster, where the roles find each other by name. */
const SERVICE_PORT = 5000;

export function openSharedParts(life: Life, { env, log, metrics, applicationName }: SharedOptions): SharedParts {
  const checks = new Map<string, Check>();
  const origins = new Map<RoleName, string>();
  return {
    log,
    metrics,
    checks,
    db: once(() => openDb(life, { env, log, metrics, applicationName })),
    kube: once(() => openClusterClient(life, { env, log, metrics })),
    readiness: (name, check) => void checks.set(name, check),
    addresses: {
      announce: (role, origin) => void origins.set(role, origin),
      of: (role) => origins.get(role) ?? `http://${role}:${SERVICE_PORT}`,
    },
  };
}

async function openDb(life: Life, { env, log, metrics, applicationName }: SharedOptions): Promise<Db> {
  const [{ Db }, { dbConfig }] = await Promise.all([import("../db/db.ts"), import("../db/config.ts")]);
  return new Db(life, { config: readConfig(dbConfig, env), log, metrics, applicationName });
}

async function openClusterClient(
  life: Life,
  { env, log, metrics }: Omit<SharedOptions, "applicationName">,
): Promise<Kube> {
  const [{ openKube }, { kubeConfig }] = await Promise.all([import("../kube/client.ts"), import("../kube/config.ts")]);
  return openKube(life, { config: readConfig(kubeConfig, env), log, metrics });
}

/** Calls `open` at the first call; later ones get the same promise. */
function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open();
    return opened;
  };
}
