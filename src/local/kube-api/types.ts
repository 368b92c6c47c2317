/** The kinds of objects that the embedded API has, and nothing of how they behave. */

import type { KubeObject } from "../../kube/types.ts";
import type { Json } from "./json.ts";

/** An object as it is kept; what is kept is never changed, only replaced. */
export type ApiObject = KubeObject &
  Json & {
    metadata: KubeObject["metadata"] & {
      generateName?: string;
      generation?: number;
      finalizers?: string[];
      managedFields?: ManagedFields[];
    };
  };

/** What one field manager owns, as on the wire. */
export interface ManagedFields {
  manager: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  time: string;
  fieldsType: "FieldsV1";
  fieldsV1: Json;
  subresource?: string;
}

export interface ApiType {
  plural: string;
  singular: string;
  kind: string;
  shortNames: readonly string[];
  namespaced: boolean;
  /** Survives a restart of the instance. */
  kept: boolean;
  /** Sub-resources that take writes. */
  subresources: readonly string[];
  /** Field selectors beyond metadata.name and metadata.namespace. */
  selectable: readonly string[];
}

const type = (of: Partial<ApiType> & Pick<ApiType, "plural" | "singular" | "kind">): ApiType => ({
  shortNames: [],
  namespaced: true,
  kept: false,
  subresources: [],
  selectable: [],
  ...of,
});

const involved = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];

export const podType = type({
  plural: "pods",
  singular: "pod",
  kind: "Pod",
  shortNames: ["po"],
  subresources: ["status", "resize"],
  selectable: ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "status.phase", "status.podIP"],
});
export const nodeType = type({
  plural: "nodes",
  singular: "node",
  kind: "Node",
  shortNames: ["no"],
  namespaced: false,
  subresources: ["status"],
  selectable: ["spec.unschedulable"],
});
export const configMapType = type({
  plural: "configmaps",
  singular: "configmap",
  kind: "ConfigMap",
  shortNames: ["cm"],
  kept: true,
});
export const secretType = type({
  plural: "secrets",
  singular: "secret",
  kind: "Secret",
  kept: true,
  selectable: ["type"],
});
export const eventType = type({
  plural: "events",
  singular: "event",
  kind: "Event",
  shortNames: ["ev"],
  selectable: [...involved.map((field) => `involvedObject.${field}`), "reason", "reportingComponent", "source", "type"],
});
export const namespaceType = type({
  plural: "namespaces",
  singular: "namespace",
  kind: "Namespace",
  shortNames: ["ns"],
  namespaced: false,
  kept: true,
  subresources: ["status"],
  selectable: ["status.phase"],
});
export const claimType = type({
  plural: "persistentvolumeclaims",
  singular: "persistentvolumeclaim",
  kind: "PersistentVolumeClaim",
  shortNames: ["pvc"],
  kept: true,
  subresources: ["status"],
});

/** All of them are of the core group, version v1. */
export const apiTypes: readonly ApiType[] = [
  podType,
  nodeType,
  configMapType,
  secretType,
  eventType,
  namespaceType,
  claimType,
];

/** The present moment as Kubernetes writes it: UTC, whole seconds. */
export function timestamp(at = new Date()): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}
