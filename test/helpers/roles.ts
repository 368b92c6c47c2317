/** Starts one role on a test database as a process would, and tells where it serves. */

import type { Parts } from "../../roles/define-role.ts";
import { loadRole } from "../../roles/index.ts";
import type { RoleName } from "../../roles/names.ts";
import { readConfig } from "../../src/core/config.ts";
import type { Life } from "../../src/core/life.ts";
import type { Logger } from "../../src/core/log.ts";
import { type Metrics, openMetrics } from "../../src/core/metrics.ts";
import type { Db } from "../../src/db/db.ts";
import { testLog } from "./log.ts";

export interface RoleOptions {
  db?: Db;
  /** What the role reads from the environment. */
  env?: Record<string, string>;
  /** Where the other roles are. */
  origins?: Partial<Record<RoleName, string>>;
  log?: Logger;
  metrics?: Metrics;
  /** Default: a port that the system chooses. */
  listen?: Parts["listen"];
  /** Is told by what `/readyz` would judge the role. */
  onReadiness?: (check: () => string | undefined) => void;
}

const ANY_PORT = { host: "127.0.0.1", port: 0 };

/** Starts an HTTP role; returns its origin. */
export async function startRole(
  life: Life,
  name: RoleName,
  { db, env = {}, origins = {}, onReadiness, ...options }: RoleOptions,
): Promise<string> {
  const { log = testLog(), metrics = openMetrics({ defaults: false }), listen = ANY_PORT } = options;
  const role = await loadRole(name);
  const announced = new Map<RoleName, string>();
  const parts: Parts = {
    log,
    metrics,
    db: async () => {
      if (db === undefined) throw new Error(`${name} asked for a database`);
      return db;
    },
    kube: async () => {
      throw new Error(`${name} asked for a cluster`);
    },
    readiness: (_name, check) => onReadiness?.(check),
    listen,
    addresses: {
      announce: (other, origin) => void announced.set(other, origin),
      of: (other) => origins[other] ?? announced.get(other) ?? "http://127.0.0.1:9",
    },
  };
  await role.start(life.child(name), parts, readConfig(role.config, { COCALC_HUB_DRAIN_SECONDS: "0", ...env }));
  const origin = announced.get(name);
  if (origin === undefined) throw new Error(`${name} announced no address`);
  return origin;
}
