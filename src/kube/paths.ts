/** Where objects live on the API server: URL paths of collections and objects. */

import type { KubeObject, Resource } from "./types.ts";

/** Path of a collection, in the namespace if it has one. */
export function collectionPath<T extends KubeObject>(
  { group, version, plural, namespaced }: Resource<T>,
  namespace: string,
): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespaced ? `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}` : `${root}/${plural}`;
}

/** Path of one object. */
export function objectPath<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): string {
  return `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
}
