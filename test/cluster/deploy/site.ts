/** What all manifests of one deployment share: where it goes, which images, how names become addresses. */

/** One deployment of the product on a cluster. */
export interface Site {
  namespace: string;
  images: { service: string; project: string; postgres: string };
  /** Password of the database user. */
  password: string;
  storage: Storage;
  /** The node for everything but projects; any node if absent. */
  servicesNode?: string;
  /** On a cluster without DNS: the address of each Service; absent where the cluster has names. */
  addresses?: Record<string, string>;
}

/** Folders of the machine that all nodes see, or a class that provides volumes which many nodes may write. */
export type Storage = { folder: string } | { className: string };

/** Anything that is applied. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  [key: string]: unknown;
}

/** The services of a deployment, with the port that each is reached at. */
export const SERVICE_PORTS: Record<string, number> = {
  postgres: 5432,
  ingress: 5000,
  "hub-next": 5000,
  "hub-websocket": 5000,
  "hub-proxy": 5000,
  static: 5000,
};

/** Fixed addresses for a cluster of ours, which resolves no names. */
export function fixedAddresses(): Record<string, string> {
  return Object.fromEntries(Object.keys(SERVICE_PORTS).map((name, index) => [name, `198.18.0.${20 + index}`]));
}

/** Lines of /etc/hosts for a pod, where there is no DNS. */
export function hostAliases(site: Site): { ip: string; hostnames: string[] }[] {
  return Object.entries(site.addresses ?? {}).map(([name, ip]) => ({ ip, hostnames: [name] }));
}

/** What ties the pods of the product itself to a node. */
export function placement(site: Site): { nodeSelector?: Record<string, string> } {
  return site.servicesNode === undefined ? {} : { nodeSelector: { "kubernetes.io/hostname": site.servicesNode } };
}

/** The Service `name` before the pods of the same name. */
export function service(site: Site, name: string): Manifest {
  const port = SERVICE_PORTS[name];
  const address = site.addresses?.[name];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: site.namespace },
    spec: { selector: { app: name }, ports: [{ port, targetPort: port }], ...(address && { clusterIP: address }) },
  };
}
