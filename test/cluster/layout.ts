/** Where a cluster keeps its files and which addresses it uses; nothing here touches either. */
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The folder that has one folder per cluster standing on this machine. */
export const CLUSTERS_FOLDER = join(tmpdir(), "cocalc-k8s-clusters");

/** Addresses from the ranges kept for documentation and benchmarks: nothing outside can be meant. */
export const CONTROL_PLANE_ADDRESS = "192.0.2.1";
export const POD_RANGE = "198.19.0.0/16";
export const SERVICE_RANGE = "198.18.0.0/24";
export const FIRST_SERVICE_ADDRESS = "198.18.0.1";
/** Where a cluster that was given a registry has it; every node fetches from there without TLS. */
export const REGISTRY = `${CONTROL_PLANE_ADDRESS}:5000`;
export const API_SERVER = `https://${CONTROL_PLANE_ADDRESS}:6443`;

/** The files of one cluster. `name` is short: sockets below the folder must fit into 108 characters. */
export interface ClusterLayout {
  name: string;
  folder: string;
  pki: string;
  logs: string;
  processes: string;
  adminKubeconfig: string;
}

export function clusterLayout(name: string): ClusterLayout {
  const folder = join(CLUSTERS_FOLDER, name);
  return {
    name,
    folder,
    pki: join(folder, "pki"),
    logs: join(folder, "logs"),
    processes: join(folder, "processes"),
    adminKubeconfig: join(folder, "admin.kubeconfig"),
  };
}

/** What names and addresses have room for. */
export const MOST_NODES = 9;

/** One node: its number counts from 1, and node 1 shares the control plane's network namespace. */
export interface NodeLayout {
  number: number;
  name: string;
  folder: string;
  address: string;
  podSubnet: string;
  namespace: string;
  cgroup: string;
  containerdSocket: string;
}

export function nodeLayout(cluster: ClusterLayout, number: number): NodeLayout {
  const folder = join(cluster.folder, `n${number}`);
  return {
    number,
    name: `node-${number}`,
    folder,
    address: `192.0.2.${number}`,
    podSubnet: `198.19.${number}.0/24`,
    namespace: `${cluster.name}-n${number}`,
    cgroup: `/${cluster.name}-n${number}`,
    containerdSocket: join(folder, "containerd.sock"),
  };
}
