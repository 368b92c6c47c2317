/** The one node of this machine, as an object of the API. */

import { randomUUID } from "node:crypto";
import { arch, availableParallelism, hostname, release, totalmem } from "node:os";
import type { Store } from "../kube-api/store.ts";
import { type ApiObject, nodeType, timestamp } from "../kube-api/types.ts";

export interface Capacity {
  cores: number;
  memoryBytes: number;
  pods: number;
  /** Things that are counted whole, by name: none of this machine's GPUs are given out, but a test may say that there are some. */
  extended?: Readonly<Record<string, number>>;
}

export const NODE_NAME = "local";
/** What a machine like this has for projects: all cores, and the memory but for a tenth that we and the system need. */
export function machineCapacity(): Capacity {
  return { cores: availableParallelism(), memoryBytes: Math.floor(totalmem() * 0.9), pods: 500 };
}

/** Puts the node, Ready, in its place; a cordon of an earlier run is not remembered. */
export function addNode(store: Store, { cores, memoryBytes, pods, extended = {} }: Capacity): ApiObject {
  const now = timestamp();
  const resources = {
    cpu: `${Math.round(cores * 1000)}m`,
    memory: `${Math.floor(memoryBytes / 1024)}Ki`,
    pods: String(pods),
    ...Object.fromEntries(Object.entries(extended).map(([name, count]) => [name, String(count)])),
  };
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  return store.put(nodeType, {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: NODE_NAME,
      uid: randomUUID(),
      creationTimestamp: now,
      labels: {
        "kubernetes.io/hostname": NODE_NAME,
        "kubernetes.io/os": process.platform,
        "kubernetes.io/arch": arch() === "x64" ? "amd64" : arch(),
        "cocalc-role": "projects",
      },
    },
    spec: {},
    status: {
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: "InternalIP", address: "127.0.0.1" },
        { type: "Hostname", address: hostname() },
      ],
      conditions: [
        condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
      ],
      nodeInfo: {
        kubeletVersion: "v1.34.4+cocalc-local",
        containerRuntimeVersion: "process://local",
        kernelVersion: release(),
        operatingSystem: process.platform,
        architecture: arch(),
        osImage: "this machine",
        machineID: "",
        systemUUID: "",
        bootID: "",
        kubeProxyVersion: "",
      },
    },
  });
}
