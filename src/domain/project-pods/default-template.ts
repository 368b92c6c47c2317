/** The two ConfigMaps that an installation starts with; from then on they are its administrator's. Pure. */

import type { z } from "zod";
import type { software } from "../../protocol/software.ts";
import { SOFTWARE_CONFIG_MAP, SOFTWARE_KEY } from "../software/software.ts";
import { TEMPLATE_CONFIG_MAP, TEMPLATE_KEY } from "./template.ts";

/** What a site writes of its environments: what it leaves out has a default. */
export type SoftwareToOffer = z.input<typeof software>;

/** The data of each ConfigMap, by its name. */
export function defaultConfigMaps(offered: SoftwareToOffer): Record<string, Record<string, string>> {
  return {
    [TEMPLATE_CONFIG_MAP]: { [TEMPLATE_KEY]: JSON.stringify(defaultPodTemplate, undefined, 2) },
    [SOFTWARE_CONFIG_MAP]: { [SOFTWARE_KEY]: JSON.stringify(offered, undefined, 2) },
  };
}

const health = { path: "/health", port: 6001 };

const projectContainer = {
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
  // Patient: to kill a server that is merely busy would end everybody's terminals.
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
};

/** One container and a readiness probe: each init container, sidecar or startup probe would cost a start a second and more. */
export const defaultPodTemplate = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { labels: { run: "project" } },
  spec: {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // Longer than the server takes for stopping (COCALC_STOP_SECONDS), or what it saves last would be lost.
    terminationGracePeriodSeconds: 30,
    securityContext: {
      runAsUser: 2001,
      runAsGroup: 2001,
      fsGroup: 2001,
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    },
    containers: [projectContainer],
    volumes: [
      { name: "home", persistentVolumeClaim: { claimName: "projects-data" } },
      { name: "software", persistentVolumeClaim: { claimName: "projects-software", readOnly: true } },
    ],
  },
};
