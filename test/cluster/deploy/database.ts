/** The test's database: a PostgreSQL pod with a volume, and the secret that all roles know it by. */
import { hostAliases, type Manifest, placement, type Site, service } from "./site.ts";

const SECRET = "database";

/** The variables of a container that uses the database. */
export const databaseEnv = [
  { name: "PGHOST", value: "postgres" },
  { name: "PGUSER", value: "smc" },
  { name: "PGDATABASE", value: "smc" },
  { name: "PGPASSWORD", valueFrom: { secretKeyRef: { name: SECRET, key: "password" } } },
];

export function database(site: Site): Manifest[] {
  const { namespace } = site;
  const container = {
    name: "postgres",
    image: site.images.postgres,
    env: [...databaseEnv.filter(({ name }) => name !== "PGHOST"), { name: "PGDATA", value: "/var/lib/postgres/data" }],
    ports: [{ containerPort: 5432 }],
    // Fifty projects that start on the same two cores must not starve it.
    resources: { requests: { cpu: "300m", memory: "256Mi" } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    readinessProbe: { tcpSocket: { port: 5432 }, periodSeconds: 1 },
    volumeMounts: [{ name: "data", mountPath: "/var/lib/postgres" }],
  };
  return [
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: SECRET, namespace },
      stringData: { password: site.password },
    },
    service(site, "postgres"),
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "postgres", namespace },
      spec: {
        replicas: 1,
        strategy: { type: "Recreate" },
        selector: { matchLabels: { app: "postgres" } },
        template: {
          metadata: { labels: { app: "postgres" } },
          spec: {
            automountServiceAccountToken: false,
            ...placement(site),
            hostAliases: hostAliases(site),
            securityContext: {
              ...{ runAsUser: 2001, runAsGroup: 2001, fsGroup: 2001, runAsNonRoot: true },
              seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [container],
            volumes: [{ name: "data", persistentVolumeClaim: { claimName: "postgres" } }],
          },
        },
      },
    },
  ];
}
