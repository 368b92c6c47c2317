/** The volumes of a deployment: homes, shared software, the database. */
import type { Manifest, Site } from "./site.ts";

const CLAIMS = { "projects-data": "ReadWriteMany", "projects-software": "ReadWriteMany", postgres: "ReadWriteOnce" };

/** Claims, and on a cluster of ours the volumes for them: folders of this machine, which all its nodes see. */
export function storage(site: Site): Manifest[] {
  return Object.entries(CLAIMS).flatMap(([name, mode]) => [...volume(site, name, mode), claim(site, name, mode)]);
}

function volume(site: Site, name: string, mode: string): Manifest[] {
  if (!("folder" in site.storage)) {
    return [];
  }
  const spec = {
    capacity: { storage: "100Gi" },
    accessModes: [mode],
    persistentVolumeReclaimPolicy: "Retain",
    storageClassName: "",
    hostPath: { path: `${site.storage.folder}/${name}`, type: "Directory" },
    claimRef: { namespace: site.namespace, name },
  };
  return [{ apiVersion: "v1", kind: "PersistentVolume", metadata: { name: `${site.namespace}-${name}` }, spec }];
}

function claim(site: Site, name: string, mode: string): Manifest {
  const where =
    "folder" in site.storage
      ? { storageClassName: "", volumeName: `${site.namespace}-${name}` }
      : { storageClassName: site.storage.className };
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace: site.namespace },
    spec: { accessModes: [mode], resources: { requests: { storage: "10Gi" } }, ...where },
  };
}
