/** What a new local instance has in its cluster: claims, the pod template and the software environments. An administrator's edits stay. */

import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { defaultConfigMaps } from "../domain/project-pods/default-template.ts";
import type { Json } from "./kube-api/json.ts";
import { Refusal } from "./kube-api/refusal.ts";
import type { Store } from "./kube-api/store.ts";
import { claimType, configMapType } from "./kube-api/types.ts";
import { Writes } from "./kube-api/writes.ts";
import type { ImageTable } from "./kubelet/images.ts";

/** Name of the image whose program is this installation's own project server. */
const PROJECT_IMAGE = "cocalc-k8s/project";
const PROJECT_TAG = "local";
const MANAGER = "cocalc-local";

/** What stands behind images: the project server, started with this Node from `main`; `cacheDir` keeps compiled code. */
export function localImages({ main, cacheDir }: { main: string; cacheDir: string }): ImageTable {
  const command = [process.execPath, main, "--role=project"];
  // Many project servers share this machine: the admin port of each is any free one, and nobody else's business.
  const env = { ADMIN_HOST: "127.0.0.1", ADMIN_PORT: "0", NODE_COMPILE_CACHE: cacheDir };
  return new Map([[PROJECT_IMAGE, { command, env }]]);
}

/**
 * Makes what is missing, and brings what nobody has edited up to date. The pod template is that of a cluster, so that what works here
 * works there; what this kubelet cannot do (users, capabilities) it leaves aside.
 */
export function applyDefaults(store: Store, { namespace, log }: { namespace: string; log: Logger }): void {
  const writes = new Writes(store);
  for (const [name, data] of Object.entries(defaultConfigMaps(software))) {
    const body: Json = { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data };
    const patch = { contentType: "application/apply-patch+yaml", text: JSON.stringify(body) };
    try {
      writes.patch({ type: configMapType, namespace, name }, patch, { fieldManager: MANAGER });
    } catch (error) {
      const edited = error instanceof Refusal && error.reason === "Conflict";
      if (!edited) throw error;
      log.info({ configMap: name, reason: messageOf(error) }, "a configuration that was edited is kept as it is");
    }
  }
  for (const name of ["projects-data", "projects-software"]) {
    if (store.get(claimType, namespace, name)) continue;
    writes.create({ type: claimType, namespace }, claim(name), { fieldManager: MANAGER });
  }
}

function claim(name: string): Json {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name },
    spec: { accessModes: ["ReadWriteMany"], resources: { requests: { storage: "10Gi" } }, volumeName: name },
    status: { phase: "Bound", accessModes: ["ReadWriteMany"] },
  };
}

const software = {
  default: "standard",
  groups: ["Standard"],
  environments: {
    standard: {
      title: "This machine",
      descr: "The programs that are installed on this machine, as the user who started CoCalc.",
      group: "Standard",
      registry: PROJECT_IMAGE,
      tag: PROJECT_TAG,
    },
  },
};
