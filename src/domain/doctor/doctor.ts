/** Tells an administrator, check by check, what of an installation is right, what is wrong, and the fix. */

import { readConfig } from "../../core/config.ts";
import type { Environment } from "../../core/env.ts";
import { messageOf } from "../../core/errors.ts";
import { Life } from "../../core/life.ts";
import type { Logger } from "../../core/log.ts";
import { openMetrics } from "../../core/metrics.ts";
import { dbConfig } from "../../db/config.ts";
import { Db } from "../../db/db.ts";
import { openKube } from "../../kube/client.ts";
import { kubeConfig } from "../../kube/config.ts";
import type { KubeRights } from "../../kube/rights.ts";
import type { Kube } from "../../kube/types.ts";
import { siteConfig } from "../../net/visitor/site.ts";
import { placementConfig } from "../project-pods/config.ts";
import { projectServersConfig } from "../project-servers/config.ts";
import { type Checked, check, notLookedAt, well, wrong } from "./check.ts";
import { checkConfigMaps, checkNodes, checkPermissions, checkServer } from "./cluster.ts";
import { checkDatabase } from "./database.ts";
import { checkMail } from "./mail.ts";
import { checkProjectServers } from "./project-servers.ts";
import { checkSettings } from "./settings.ts";
import { checkStorage } from "./storage.ts";

interface DoctorOptions {
  /** What the roles and the doctor have to be allowed at the API server, by the environment. */
  rights: () => Promise<KubeRights>;
  env: Environment;
  log: Logger;
}

/** Runs every check; none keeps another from being run, and nothing is left behind. */
export async function runDoctor({ rights, env, log }: DoctorOptions): Promise<Checked[]> {
  const life = new Life("doctor");
  try {
    const [database, cluster] = await Promise.all([databaseChecks(env), clusterChecks(life, { rights, env, log })]);
    const isWell = (wanted: string) => database.some(({ name, ok }) => name === wanted && ok);
    const why = isWell("database")
      ? "the database has not the schema that they need"
      : "the database cannot be reached";
    const readers = isWell("schema")
      ? await readingChecks(life, { env, log })
      : READING_CHECKS.map((name) => notLookedAt(name, why));
    return [...database, ...cluster, await checkProjectDomain(env), ...readers];
  } finally {
    await life.stop();
  }
}

async function databaseChecks(env: Environment): Promise<Checked[]> {
  try {
    return await checkDatabase(readConfig(dbConfig, env));
  } catch (error) {
    return [{ name: "database", ok: false, detail: messageOf(error), fix: "correct the variables PG…" }];
  }
}

const CLUSTER_CHECKS = [
  "permissions",
  "ConfigMap project-pod",
  "ConfigMap project-image",
  "nodes for projects",
  "storage",
];

async function clusterChecks(life: Life, { rights, env, log }: DoctorOptions): Promise<Checked[]> {
  let kube: Kube;
  try {
    const config = { ...readConfig(kubeConfig, env), callDeadlineSeconds: 10 };
    kube = await openKube(life, { config, log, metrics: openMetrics({ defaults: false }) });
  } catch (error) {
    return [
      {
        name: "Kubernetes",
        ok: false,
        detail: messageOf(error),
        fix: "set KUBECONFIG, or run this in a pod of the cluster",
      },
      ...CLUSTER_CHECKS.map((name) => notLookedAt(name, "no cluster is named")),
    ];
  }
  const server = await checkServer(kube);
  if (!server.ok) return [server, ...CLUSTER_CHECKS.map((name) => notLookedAt(name, "the cluster does not answer"))];
  const placement = () => readConfig(placementConfig, env);
  const [permissions, maps, nodes] = await Promise.all([
    checkPermissions(kube, rights),
    checkConfigMaps(kube),
    checkNodes(kube, placement),
  ]);
  const canTry = maps.every(({ ok }) => ok) && nodes.ok;
  const storage = canTry ? await checkStorage(kube, placement()) : notLookedAt("storage", "no project pod could run");
  return [server, permissions, ...maps, nodes, storage];
}

const READING_CHECKS = ["site settings", "servers of projects", "e-mail"];

/** What has to be read in the database first. */
async function readingChecks(life: Life, { env, log }: Omit<DoctorOptions, "rights">): Promise<Checked[]> {
  const metrics = openMetrics({ defaults: false });
  const db = new Db(life, { config: readConfig(dbConfig, env), log, metrics, applicationName: "cocalc-k8s doctor" });
  return [
    await checkSettings(db),
    await check("servers of projects", "correct BASE_PATH and COCALC_PROJECT_PORT", () =>
      checkProjectServers(life, db, readConfig(projectServersConfig, env)),
    ),
    await check("e-mail", "correct COCALC_ORIGIN and BASE_PATH", () => checkMail(db, readConfig(siteConfig, env))),
  ];
}

function checkProjectDomain(env: Environment): Promise<Checked> {
  const fix = "set COCALC_PROJECT_DOMAIN to a domain with a wildcard record and certificate";
  return check("project domain", fix, () => {
    const { projectDomain, origin } = readConfig(siteConfig, env);
    if (projectDomain !== undefined && origin === undefined) {
      return wrong(
        "browsers cannot enter projects' own origins: those do not know the address of the site",
        "set COCALC_ORIGIN",
      );
    }
    if (projectDomain !== undefined) return well(`each project has <project_id>.${projectDomain}`);
    const host = origin === undefined ? "localhost" : new URL(origin).hostname;
    if (host === "localhost") return well("on this machine each project has <project_id>.localhost");
    return wrong(
      "projects have no domain of their own: what they serve shares the origin of the site, or is not served",
      fix,
    );
  });
}
