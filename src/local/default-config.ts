/** What a new local instance has in its cluster: claims, the pod template and the software environments. An administrator's edits stay. */

import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
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

/** Makes what is missing, and brings what nobody has edited up to date. */
export function applyDefaults(store: Store, { namespace, log }: { namespace: string; log: Logger }): void {
  const writes = new Writes(store);
  const configMaps = {
    "project-pod": { "project.json": JSON.stringify(podTemplate, undefined, 2) },
    "project-image": { "software.json": JSON.stringify(software, undefined, 2) },
  };
  for (const [name, data] of Object.entries(configMaps)) {
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

const health = { path: "/health", port: 6001 };

/** As in a cluster, so that what works here works there; what this kubelet cannot do (users, capabilities) it leaves aside. */
const podTemplate = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { labels: { run: "project" } },
  spec: {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 20,
    securityContext: {
      runAsUser: 2001,
      runAsGroup: 2001,
      fsGroup: 2001,
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [
      {
        name: "project",
        image: "{PROJECT_IMAGE}",
        imagePullPolicy: "IfNotPresent",
        env: [
          { name: "COCALC_PROJECT_ID", value: "{project_id}" },
          { name: "COCALC_USERNAME", value: "user" },
          { name: "COCALC_EXTRA_ENV", value: "{extra_env}" },
          { name: "COCALC_PROJECT_CONFIG", value: "{project_config}" },
          { name: "HOME", value: "/home/user" },
          { name: "EXT", value: "/ext" },
        ],
        ports: [{ name: "http", containerPort: 6001 }],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        readinessProbe: { httpGet: health, periodSeconds: 1, timeoutSeconds: 5 },
        livenessProbe: {
          httpGet: health,
          initialDelaySeconds: 60,
          periodSeconds: 30,
          timeoutSeconds: 10,
          failureThreshold: 20,
        },
        volumeMounts: [
          { name: "home", mountPath: "/home/user", subPath: "projects/{project_id}" },
          { name: "software", mountPath: "/ext", readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: "home", persistentVolumeClaim: { claimName: "projects-data" } },
      { name: "software", persistentVolumeClaim: { claimName: "projects-software", readOnly: true } },
    ],
  },
};
