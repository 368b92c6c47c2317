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

/** What a process says of itself: each by its name, told in words. */
export interface SelfReport {
  /** What keeps it from being ready. */
  readonly readiness: Map<string, Check>;
  /** What only a restart mends. */
  readonly liveness: Map<string, Check>;
  /** What is told to whoever looks, and judged by nobody. */
  readonly notes: Map<string, Check>;
}

/** What all roles of a process have in common; `listen` is each role's own. */
export type SharedParts = Omit<Parts, "listen"> & { report: SelfReport };

interface SharedOptions {
  env: Environment;
  log: Logger;
  metrics: Metrics;
  applicationName: string;
  /** People are answered by this process: it stays ready while the cluster is away. */
  servesPeople: boolean;
}

/** Port of a role's Service in a cluster, where the roles find each other by name. */
const SERVICE_PORT = 5000;

export function openSharedParts(life: Life, options: SharedOptions): SharedParts {
  const { log, metrics } = options;
  const report: SelfReport = { readiness: new Map(), liveness: new Map(), notes: new Map() };
  const origins = new Map<RoleName, string>();
  return {
    log,
    metrics,
    report,
    db: once(() => openDb(life, report, options)),
    kube: once(() => openClusterClient(life, report, options)),
    readiness: (name, check) => void report.readiness.set(name, check),
    addresses: {
      announce: (role, origin) => void origins.set(role, origin),
      of: (role) => origins.get(role) ?? `http://${role}:${SERVICE_PORT}`,
    },
  };
}

/** Resolves when its schema is not known to be older than this program: what works on an older one would fail here and there. */
async function openDb(
  life: Life,
  report: SelfReport,
  { env, log, metrics, applicationName }: SharedOptions,
): Promise<Db> {
  const [{ Db }, { dbConfig }, { SchemaWatch }] = await Promise.all([
    import("../db/db.ts"),
    import("../db/config.ts"),
    import("../db/schema.ts"),
  ]);
  const db = new Db(life, { config: readConfig(dbConfig, env), log, metrics, applicationName });
  const schema = new SchemaWatch(life, { query: (sql) => db.query(sql), log });
  report.readiness.set("schema", () => schema.problem());
  await schema.usable;
  return db;
}

async function openClusterClient(
  life: Life,
  report: SelfReport,
  { env, log, metrics, servesPeople }: SharedOptions,
): Promise<Kube> {
  const [{ openKube }, { kubeConfig }] = await Promise.all([import("../kube/client.ts"), import("../kube/config.ts")]);
  const kube = await openKube(life, { config: readConfig(kubeConfig, env), log, metrics });
  report.notes.set("Kubernetes", () => kube.health.ages());
  report.liveness.set("Kubernetes", () => kube.health.stuck());
  if (!servesPeople) report.readiness.set("Kubernetes", () => kube.health.old());
  return kube;
}

/** Calls `open` at the first call; later ones get the same promise. */
function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open();
    return opened;
  };
}
