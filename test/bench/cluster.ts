/** A real Kubernetes for one benchmark, which is measured by a process inside its network namespace, where pods and API server can be reached. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Life } from "../../src/core/life.ts";
import { TEMPLATE_CONFIG_MAP, TEMPLATE_KEY } from "../../src/domain/project-pods/template.ts";
import { ensureKwok } from "../cluster/binaries.ts";
import { type Cluster, startCluster } from "../cluster/cluster.ts";
import { projectConfiguration } from "../cluster/deploy/project-config.ts";
import type { Manifest, Site } from "../cluster/deploy/site.ts";
import { storage } from "../cluster/deploy/storage.ts";
import { describeTarget } from "../cluster/own-cluster.ts";
import { buildProductImage } from "../cluster/product-images.ts";
import { until } from "../helpers/until.ts";
import type { Figure } from "./report.ts";

/** The cluster as a benchmark finds it: a namespace with the two ConfigMaps and the claims. */
export interface Place {
  kubeconfig: string;
  namespace: string;
}

export interface InsideOrder {
  /** URL of a module that exports `measure(life, place)`. */
  module: string;
  place: Place;
}
export type InsideReport = { figures: Figure[] } | { error: string };

interface Wish {
  /** `real`: they run, from our image; `pretended`: on nodes that the benchmark makes; `none`: no scheduler looks at them. */
  pods: "real" | "pretended" | "none";
}

/** Starts a cluster, lets the module's `measure` run inside it and returns its figures; ended with the life. */
export async function measureInCluster(life: Life, module: string, wish: Wish): Promise<Figure[]> {
  if (wish.pods === "pretended") await ensureKwok(say); // inside, nothing can be fetched to build it from
  const cluster = await startCluster({ say });
  life.defer("cluster", () => cluster.stop());
  if (wish.pods === "real") await loadProjectImage(cluster);
  const place = await preparePlace(cluster, wish);
  const [command = "", ...args] = [...cluster.enter, process.execPath];
  const child = spawn(command, [...args, fileURLToPath(new URL("./inside.ts", import.meta.url))], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const exited = once(child, "exit");
  life.defer("measuring process", async () => {
    child.kill("SIGTERM");
    await exited;
  });
  child.send({ module, place } satisfies InsideOrder);
  const [report] = await Promise.race([once(child, "message"), exited.then(([code]) => [{ error: `exit ${code}` }])]);
  const told = report as InsideReport; // our own program, in this folder
  if ("error" in told) throw new Error(`measuring inside the cluster failed: ${told.error}`);
  await exited;
  return told.figures;
}

function say(line: string): void {
  process.stdout.write(`  ${line}\n`);
}

async function loadProjectImage(cluster: Cluster): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "cocalc-bench-images-"));
  try {
    say("building the project image");
    await cluster.loadImage(await buildProductImage("project", folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function preparePlace(cluster: Cluster, wish: Wish): Promise<Place> {
  const { site } = await describeTarget(cluster);
  const { namespace } = site;
  const first: Manifest = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  await apply(cluster, [first]);
  await apply(cluster, [...storage(site), ...configuration(site, wish)]);
  // The controller manager makes it some moments later; no pod is admitted before.
  const account = () =>
    cluster.kubectl(["get", "serviceaccount", "default", "-n", namespace]).then(
      () => true,
      () => false,
    );
  await until(account, { what: "the namespace has its service account", everyMs: 200 });
  return { kubeconfig: cluster.kubeconfigPath, namespace };
}

async function apply(cluster: Cluster, items: Manifest[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items };
  await cluster.kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(list));
}

function configuration(site: Site, { pods }: Wish): Manifest[] {
  const manifests = projectConfiguration(site);
  return pods === "none" ? manifests.map(withoutScheduler) : manifests;
}

/** A template whose pods no scheduler looks at, so that only what is measured moves. */
function withoutScheduler(manifest: Manifest): Manifest {
  if (manifest.metadata.name !== TEMPLATE_CONFIG_MAP) return manifest;
  const data = manifest.data as Record<string, string>; // a ConfigMap's
  const template = JSON.parse(data[TEMPLATE_KEY] ?? "") as { spec: object }; // written by our own manifests
  const text = JSON.stringify({ ...template, spec: { ...template.spec, schedulerName: "nobody" } });
  return { ...manifest, data: { ...data, [TEMPLATE_KEY]: text } };
}
