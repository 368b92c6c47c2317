/** Opens the database and the client of the cluster, for the roles that need them; neither is loaded before. */

import { readConfig } from "../core/config.ts";
import type { Life } from "../core/life.ts";
import type { Db } from "../db/db.ts";
import type { Kube } from "../kube/types.ts";
import type { Openers, OpenOptions } from "./parts.ts";

export const openers: Openers = { db: openDb, kube: openClusterClient };

/** Resolves when its schema is not known to be older than this program: what works on an older one would fail here and there. */
async function openDb(life: Life, options: OpenOptions): Promise<Db> {
  const { env, log, metrics, applicationName, report } = options;
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

async function openClusterClient(life: Life, options: OpenOptions): Promise<Kube> {
  const { env, log, metrics, servesPeople, report } = options;
  const [{ openKube }, { kubeConfig }] = await Promise.all([import("../kube/client.ts"), import("../kube/config.ts")]);
  const kube = await openKube(life, { config: readConfig(kubeConfig, env), log, metrics });
  report.notes.set("Kubernetes", () => kube.health.ages());
  report.liveness.set("Kubernetes", () => kube.health.stuck());
  if (!servesPeople) report.readiness.set("Kubernetes", () => kube.health.old());
  return kube;
}
