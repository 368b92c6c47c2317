/** A run on a cluster of our own: starts it, puts images and volumes on it, and says how to reach what is deployed. */
import { chmod, chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBinaries } from "./binaries.ts";
import { type Archives, buildBundles, buildImages } from "./build.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { fixedAddresses, SERVICE_PORTS } from "./deploy/site.ts";
import { loadImage } from "./node.ts";
import { CLUSTER_PACKAGES, ensurePackages } from "./packages.ts";
import { POSTGRES_IMAGE } from "./postgres-image.ts";
import { PROJECT_IMAGE, SERVICE_IMAGE } from "./product-images.ts";
import { newPassword, type Target } from "./target.ts";

/** The first node carries the product, all carry projects; the others may die. */
const NODES = 3;

export interface OwnCluster {
  cluster: Cluster;
  target: Target;
}

/** Builds what lacks, starts a cluster and readies it for a deployment. */
export async function openOwnCluster(say: (line: string) => void, versionsKeptSeconds: number): Promise<OwnCluster> {
  await ensurePackages(CLUSTER_PACKAGES, say);
  const folder = await mkdtemp(join(tmpdir(), "cocalc-k8s-images-"));
  try {
    // Building Kubernetes is bound by the processors, the images by the network and the disk.
    const [, archives] = await Promise.all([ensureBinaries(say), buildAll(folder, say)]);
    const cluster = await startCluster({ nodes: 1, versionsKeptSeconds, say });
    try {
      await putImages(cluster, archives, say);
      return { cluster, target: await describeTarget(cluster) };
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function buildAll(folder: string, say: (line: string) => void): Promise<Archives> {
  say("building the app and the server");
  await buildBundles();
  say("building the images");
  return buildImages(folder);
}

async function putImages(cluster: Cluster, archives: Archives, say: (line: string) => void): Promise<void> {
  say(`loading the images, adding ${NODES - 1} nodes`);
  const [first] = await cluster.nodes();
  if (first === undefined) {
    throw new Error("The cluster has no node.");
  }
  const others = cluster.addNodes(NODES - 1, [archives.project]);
  await Promise.all([others, ...Object.values(archives).map((archive) => loadImage(first, archive))]);
}

export async function describeTarget(cluster: Cluster): Promise<Target> {
  const addresses = fixedAddresses();
  return {
    kubeconfig: cluster.kubeconfigPath,
    cluster: cluster.name,
    site: {
      namespace: "cocalc",
      images: { service: SERVICE_IMAGE, project: PROJECT_IMAGE, postgres: POSTGRES_IMAGE },
      password: newPassword(),
      storage: { folder: await makeVolumes(cluster) },
      servicesNode: "node-1",
      addresses,
    },
    origin: `http://${addresses.ingress}:${SERVICE_PORTS.ingress}`,
    database: { host: addresses.postgres ?? "", port: SERVICE_PORTS.postgres ?? 0 },
  };
}

/** Folders that stand for network storage: the group of projects may write, and what is made in them belongs to it. */
async function makeVolumes(cluster: Cluster): Promise<string> {
  const folder = join(cluster.layout.folder, "volumes");
  for (const name of ["projects-data", "projects-software", "postgres"]) {
    const path = join(folder, name);
    await mkdir(path, { recursive: true });
    await chown(path, 2001, 2001);
    await chmod(path, 0o2775);
  }
  return folder;
}
