/** The two ConfigMaps that say what a project's pod is: its template and the environments to choose from. */
import type { Manifest, Site } from "./site.ts";

/** Environments of the test's site: the real one, and one whose image is nowhere. */
export const MISSING_IMAGE = "missing";

export function projectConfiguration(site: Site): Manifest[] {
  return [
    configMap(site, "project-pod", { "project.json": JSON.stringify(podTemplate(), null, 2) }),
    configMap(site, "project-image", { "software.json": JSON.stringify(software(site), null, 2) }),
  ];
}

function software(site: Site): unknown {
  const [registry, tag] = splitImage(site.images.project);
  const environment = { registry, tag, title: "Test", descr: "The image built for the test." };
  // Nobody listens at that address, which belongs to nobody.
  const missing = { ...environment, title: "Missing", registry: "192.0.2.1:5999/nowhere" };
  return { default: "standard", groups: [], environments: { standard: environment, [MISSING_IMAGE]: missing } };
}

function podTemplate(): unknown {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { labels: { run: "project" } },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      // Longer than the project server takes for stopping at most.
      terminationGracePeriodSeconds: 30,
      securityContext: {
        runAsUser: 2001,
        runAsGroup: 2001,
        fsGroup: 2001,
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [projectContainer()],
      volumes: [
        { name: "home", persistentVolumeClaim: { claimName: "projects-data" } },
        { name: "software", persistentVolumeClaim: { claimName: "projects-software", readOnly: true } },
      ],
    },
  };
}

function projectContainer(): unknown {
  const health = { httpGet: { path: "/health", port: 6001 } };
  return {
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
    ports: [{ containerPort: 6001 }],
    // Small, so that fifty of them find room on two cores.
    resources: { requests: { cpu: "5m", memory: "32Mi" }, limits: { cpu: "1", memory: "300Mi" } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    readinessProbe: { ...health, periodSeconds: 1, timeoutSeconds: 5 },
    livenessProbe: { ...health, initialDelaySeconds: 60, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 20 },
    volumeMounts: [
      { name: "home", mountPath: "/home/user", subPath: "projects/{project_id}" },
      { name: "software", mountPath: "/ext", readOnly: true },
    ],
  };
}

function configMap(site: Site, name: string, data: Record<string, string>): Manifest {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: site.namespace }, data };
}

function splitImage(image: string): [string, string] {
  const colon = image.lastIndexOf(":");
  return [image.slice(0, colon), image.slice(colon + 1)];
}
