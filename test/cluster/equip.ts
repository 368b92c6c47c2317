/** What clusters have elsewhere and the tests' own do without: names for Services, a registry, a storage class. For a cluster that stands for others'. */
import { chmod, chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureCoreDns } from "./binaries.ts";
import type { Cluster } from "./cluster.ts";
import type { Registry } from "./given-cluster.ts";
import { nodeLayout, REGISTRY } from "./layout.ts";
import { ensurePackages, PUSH_PACKAGES, REGISTRY_PACKAGES } from "./packages.ts";
import { startDaemon } from "./processes.ts";
import { nodeBase } from "./product-images.ts";

export const STORAGE_CLASS = "shared";
/** Each claim takes one: enough for twenty deployments. */
const VOLUMES = 60;

/** Gives a standing cluster all three; returns where images can be pushed to, from within its network. */
export async function equip(cluster: Cluster, say: (line: string) => void): Promise<Registry> {
  await ensurePackages([...PUSH_PACKAGES, ...REGISTRY_PACKAGES], say);
  // From within its network nothing can be fetched that images are built on.
  await nodeBase("service");
  await nodeBase("project");
  await startRegistry(cluster);
  await makeStorageClass(cluster);
  await startNames(cluster, await ensureCoreDns(say));
  return { name: REGISTRY, plain: true };
}

/** At the address that every kubelet tells its pods. */
async function startNames({ layout }: Cluster, binaries: string): Promise<void> {
  const corefile = join(layout.folder, "Corefile");
  await writeFile(
    corefile,
    `.:53 {\n  errors\n  kubernetes cluster.local {\n    kubeconfig ${layout.adminKubeconfig}\n  }\n}\n`,
  );
  await startDaemon(layout, {
    name: "coredns",
    namespace: nodeLayout(layout, 1).namespace,
    program: join(binaries, "coredns"),
    args: ["-conf", corefile],
  });
}

async function startRegistry({ layout }: Cluster): Promise<void> {
  const folder = join(layout.folder, "registry");
  await mkdir(folder, { recursive: true });
  const config = {
    version: 0.1,
    log: { level: "warn" },
    storage: { filesystem: { rootdirectory: folder } },
    http: { addr: REGISTRY },
  };
  await writeFile(join(layout.folder, "registry.json"), JSON.stringify(config));
  await startDaemon(layout, {
    name: "registry",
    namespace: nodeLayout(layout, 1).namespace,
    program: "docker-registry",
    args: ["serve", join(layout.folder, "registry.json")],
  });
}

/** Volumes are folders of this machine, which all nodes see; the folder goes with its claim. */
async function makeStorageClass(cluster: Cluster): Promise<void> {
  const storageClass = {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: STORAGE_CLASS },
    provisioner: "kubernetes.io/no-provisioner",
  };
  const volumes = await Promise.all(
    Array.from({ length: VOLUMES }, (_, index) => makeVolume(cluster, `${STORAGE_CLASS}-${index}`)),
  );
  const list = { apiVersion: "v1", kind: "List", items: [storageClass, ...volumes] };
  await cluster.kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(list));
}

async function makeVolume({ layout }: Cluster, name: string): Promise<object> {
  const path = join(layout.folder, "volumes", name);
  await mkdir(path, { recursive: true });
  await chown(path, 2001, 2001);
  await chmod(path, 0o2775);
  const spec = {
    capacity: { storage: "100Gi" },
    accessModes: ["ReadWriteMany", "ReadWriteOnce"],
    persistentVolumeReclaimPolicy: "Delete",
    storageClassName: STORAGE_CLASS,
    hostPath: { path, type: "Directory" },
  };
  return { apiVersion: "v1", kind: "PersistentVolume", metadata: { name }, spec };
}
