/** The collections of the Kubernetes API that the product uses. */

import type { ConfigMap, KubeEvent, KubeNode, KubeObject, Pod, Resource } from "./types.ts";

export interface Secret extends KubeObject {
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  type?: string;
}

const core = { group: "", version: "v1" } as const;

export const pods: Resource<Pod> = { ...core, plural: "pods", namespaced: true };
export const configMaps: Resource<ConfigMap> = { ...core, plural: "configmaps", namespaced: true };
export const secrets: Resource<Secret> = { ...core, plural: "secrets", namespaced: true };
export const events: Resource<KubeEvent> = { ...core, plural: "events", namespaced: true };
export const nodes: Resource<KubeNode> = { ...core, plural: "nodes", namespaced: false };
