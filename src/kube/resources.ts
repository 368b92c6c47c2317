/** The collections of the Kubernetes API that the product uses. */

import type { ConfigMap, KubeEvent, KubeNode, Pod, Resource } from "./types.ts";

const core = { group: "", version: "v1" } as const;

export const pods: Resource<Pod> = { ...core, plural: "pods", namespaced: true };
/** Of every namespace, which takes a right of its own. */
export const podsEverywhere: Resource<Pod> = { ...core, plural: "pods", namespaced: false };
export const configMaps: Resource<ConfigMap> = { ...core, plural: "configmaps", namespaced: true };
export const events: Resource<KubeEvent> = { ...core, plural: "events", namespaced: true };
export const nodes: Resource<KubeNode> = { ...core, plural: "nodes", namespaced: false };
