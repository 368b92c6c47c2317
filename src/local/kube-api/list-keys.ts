/** Which lists of Kubernetes objects are merged item by item, and by which field. Pure. */

import { isObject, type Json } from "./json.ts";

/** Field of the list → field that names an item. A list of another name, or whose items lack that field, is one value. */
const KEYS: Record<string, string> = {
  containers: "name",
  initContainers: "name",
  ephemeralContainers: "name",
  volumes: "name",
  env: "name",
  volumeMounts: "mountPath",
  volumeDevices: "devicePath",
  ports: "containerPort",
  conditions: "type",
  addresses: "type",
  imagePullSecrets: "name",
  ownerReferences: "uid",
  hostAliases: "ip",
  topologySpreadConstraints: "topologyKey",
};

/** Lists of plain values that are sets. */
export const SETS = new Set(["finalizers"]);

/** The field that names the items of a list, if it is merged item by item. */
export function itemKey(field: string, items: unknown): string | undefined {
  const key = KEYS[field];
  if (key === undefined || !Array.isArray(items)) return undefined;
  const keyed = items.every((item) => isObject(item) && (item[key] !== undefined || "$patch" in item));
  return keyed ? key : undefined;
}

/** The item of a list with that key, and where it stands. */
export function findItem(items: unknown[], key: string, value: unknown): { index: number; item: Json } | undefined {
  const index = items.findIndex((item) => isObject(item) && item[key] === value);
  const item = items[index];
  return isObject(item) ? { index, item } : undefined;
}
