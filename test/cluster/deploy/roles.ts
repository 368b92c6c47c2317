/** The roles as pods of the service image: one Deployment each, the migration as a Job before them. */
import { POD_RANGE } from "../layout.ts";
import { MANAGE_ACCOUNT } from "./access.ts";
import { databaseEnv } from "./database.ts";
import { hostAliases, type Manifest, placement, SERVICE_PORTS, type Site, service } from "./site.ts";

/** The long-running roles and how many pods each has. */
const REPLICAS: Record<string, number> = {
  "hub-next": 1,
  "hub-websocket": 1,
  "hub-proxy": 1,
  static: 1,
  ingress: 1,
  "manage-action": 2,
  "manage-state": 2,
  "manage-idle": 2,
};

/** Below it every project has an origin of its own; the tests say its names in the Host header. */
const PROJECT_DOMAIN = "projects.test";

const SOFTWARE_FOLDER = "/etc/cocalc-k8s/software";

const ROLE_ENV = [
  { name: "COCALC_LOG_FORMAT", value: "json" },
  { name: "COCALC_SOFTWARE_ENVIRONMENTS", value: SOFTWARE_FOLDER },
  { name: "COCALC_TRUSTED_PROXIES", value: `private ${POD_RANGE}` },
  { name: "COCALC_PROJECT_DOMAIN", value: PROJECT_DOMAIN },
  // What two cores can start side by side.
  { name: "COCALC_STARTS_IN_FLIGHT", value: "10" },
  // The default suits registries that have bad minutes; a test knows that its image is nowhere.
  { name: "COCALC_START_IMAGE_FAILURE_SECONDS", value: "10" },
];

const NO_PRIVILEGE = {
  runAsUser: 2001,
  runAsGroup: 2001,
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

/** The tests ask for the site by the address of its Service. */
function hostsEnv(site: Site): { name: string; value: string }[] {
  const address = site.addresses?.ingress;
  return address === undefined ? [] : [{ name: "COCALC_HOSTS", value: address }];
}

/** The Job that brings the schema up to date. */
export function migration(site: Site): Manifest {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "migrate", namespace: site.namespace },
    spec: {
      backoffLimit: 5,
      template: {
        metadata: { labels: { app: "migrate" } },
        spec: { ...podOf(site, "migrate"), restartPolicy: "Never" },
      },
    },
  };
}

/** Deployments and Services of the long-running roles. */
export function roles(site: Site): Manifest[] {
  return Object.entries(REPLICAS).flatMap(([name, replicas]) => [
    ...(name in SERVICE_PORTS ? [service(site, name)] : []),
    deployment(site, name, replicas),
  ]);
}

/** The names of the Deployments that `roles` makes. */
export const roleDeployments = Object.keys(REPLICAS);

function deployment(site: Site, role: string, replicas: number): Manifest {
  const pod = podOf(site, role);
  const container = {
    ...pod.containers[0],
    readinessProbe: { httpGet: { path: "/readyz", port: 9090 }, periodSeconds: 1 },
    livenessProbe: {
      httpGet: { path: "/livez", port: 9090 },
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 6,
    },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: role, namespace: site.namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: role } },
      template: { metadata: { labels: { app: role } }, spec: { ...pod, containers: [container] } },
    },
  };
}

function podOf(site: Site, role: string) {
  const managing = role.startsWith("manage-");
  return {
    ...(managing ? { serviceAccountName: MANAGE_ACCOUNT } : { automountServiceAccountToken: false }),
    ...placement(site),
    hostAliases: hostAliases(site),
    terminationGracePeriodSeconds: 30,
    containers: [
      {
        name: role,
        image: site.images.service,
        args: [`--role=${role}`],
        env: [...databaseEnv, ...ROLE_ENV, ...hostsEnv(site)],
        resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "1Gi" } },
        securityContext: NO_PRIVILEGE,
        volumeMounts: [
          { name: "tmp", mountPath: "/tmp" },
          { name: "software", mountPath: SOFTWARE_FOLDER, readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: "tmp", emptyDir: {} },
      { name: "software", configMap: { name: "project-image" } },
    ],
  };
}
