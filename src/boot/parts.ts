/** Opens the parts that the roles of one process share, each once and only when a role first asks. */

import type { Check, Parts } from "../../roles/define-role.ts";
import type { RoleName } from "../../roles/names.ts";
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

/** What an opener is given. */
export interface OpenOptions {
  env: Environment;
  log: Logger;
  metrics: Metrics;
  applicationName: string;
  /** People are answered by this process: it stays ready while the cluster is away. */
  servesPeople: boolean;
  report: SelfReport;
}

/** How the parts are opened that most programs need: handed in, so that a program that needs none of them does not hold their code. */
export interface Openers {
  db(life: Life, options: OpenOptions): Promise<Db>;
  kube(life: Life, options: OpenOptions): Promise<Kube>;
}

interface SharedOptions extends Omit<OpenOptions, "report"> {
  openers: Openers;
}

/** Port of a role's Service in a cluster, where the roles find each other by name. */
const SERVICE_PORT = 5000;

export function openSharedParts(life: Life, options: SharedOptions): SharedParts {
  const { log, metrics, openers } = options;
  const report: SelfReport = { readiness: new Map(), liveness: new Map(), notes: new Map() };
  const origins = new Map<RoleName, string>();
  return {
    log,
    metrics,
    report,
    db: once(() => openers.db(life, { ...options, report })),
    kube: once(() => openers.kube(life, { ...options, report })),
    readiness: (name, check) => void report.readiness.set(name, check),
    addresses: {
      announce: (role, origin) => void origins.set(role, origin),
      of: (role) => origins.get(role) ?? `http://${role}:${SERVICE_PORT}`,
    },
  };
}

/** Calls `open` at the first call; later ones get the same promise. */
function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open();
    return opened;
  };
}
