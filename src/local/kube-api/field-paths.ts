/** The fields of an object as paths of the wire (`f:spec`, `k:{"name":"main"}`), and sets of them. Pure. */

import { isObject, type Json } from "./json.ts";
import { findItem, itemKey } from "./list-keys.ts";

/** A path, its elements joined by a character that no field name holds. */
export type FieldPath = string;
const SEPARATOR = "\u0000";

/** What nobody owns: it identifies the object, or the server writes it. */
const UNOWNED = new Set([
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
  "selfLink",
  "generateName",
]);

/** Every leaf of an object with its value; lists without a key, and empty objects, are leaves. */
export function leavesOf(object: Json): Map<FieldPath, unknown> {
  const leaves = new Map<FieldPath, unknown>();
  const { apiVersion: _a, kind: _k, metadata, ...rest } = object;
  const owned = Object.entries(isObject(metadata) ? metadata : {}).filter(([field]) => !UNOWNED.has(field));
  collect(leaves, [], { ...rest, ...(owned.length > 0 && { metadata: Object.fromEntries(owned) }) });
  return leaves;
}

function collect(leaves: Map<FieldPath, unknown>, path: string[], value: Json): void {
  for (const [field, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    const here = [...path, `f:${field}`];
    const key = itemKey(field, inner);
    if (key !== undefined && Array.isArray(inner) && inner.length > 0) {
      for (const item of inner) if (isObject(item)) collect(leaves, [...here, keyElement(key, item[key])], item);
    } else if (isObject(inner) && Object.keys(inner).length > 0) collect(leaves, here, inner);
    else leaves.set(here.join(SEPARATOR), inner);
  }
}

const keyElement = (key: string, value: unknown) => `k:${JSON.stringify({ [key]: value })}`;

/** A set of paths as the wire writes it, nested. */
export function toFieldsV1(paths: Iterable<FieldPath>): Json {
  const root: Json = {};
  for (const path of paths) {
    let node = root;
    for (const element of path.split(SEPARATOR)) {
      const next = node[element];
      const inner = isObject(next) ? next : {};
      node[element] = inner;
      node = inner;
    }
  }
  return root;
}

/** The leaves of a nested set. */
export function fromFieldsV1(fields: Json): Set<FieldPath> {
  const paths = new Set<FieldPath>();
  const walk = (node: Json, path: string[]) => {
    const inner = Object.entries(node).filter(([element]) => element !== ".");
    if (inner.length === 0 && path.length > 0) paths.add(path.join(SEPARATOR));
    for (const [element, next] of inner) walk(isObject(next) ? next : {}, [...path, element]);
  };
  walk(fields, []);
  return paths;
}

/** A readable form for messages, such as `.data.both`. */
export function fieldWords(path: FieldPath): string {
  return path
    .split(SEPARATOR)
    .map((element) => (element.startsWith("f:") ? `.${element.slice(2)}` : `[${element.slice(2)}]`))
    .join("");
}

/** Writes a value at a path into an object that may be changed, making what is missing on the way. */
export function setAt(object: Json, path: FieldPath, value: unknown): void {
  const elements = path.split(SEPARATOR);
  const last = elements.pop() ?? "";
  let node: Json = object;
  for (const [i, element] of elements.entries()) {
    if (element.startsWith("k:")) continue; // entered together with its list
    const field = element.slice(2);
    const next = elements[i + 1] ?? "";
    if (next.startsWith("k:")) node = itemOf(node, field, next);
    else {
      const inner = node[field];
      const made = isObject(inner) ? inner : {};
      node[field] = made;
      node = made;
    }
  }
  const field = last.slice(2);
  const empty = isObject(value) && Object.keys(value).length === 0;
  if (empty && isObject(node[field])) return; // to name a map says nothing of what others put into it
  node[field] = structuredClone(value);
}

function itemOf(node: Json, field: string, element: string): Json {
  const [key, value] = keyOf(element);
  const list: unknown[] = Array.isArray(node[field]) ? node[field] : [];
  node[field] = list;
  const found = findItem(list, key, value);
  if (found) return found.item;
  const made: Json = { [key]: value };
  list.push(made);
  return made;
}

/** Takes leaves out of an object that may be changed, and what is left empty above them. */
export function removeAll(object: Json, paths: readonly FieldPath[]): void {
  const elements = paths.map((path) => path.split(SEPARATOR));
  // The field that names an item goes last, and with it the item, if nothing else is left of it.
  for (const path of elements.filter((path) => !namesItem(path))) removeWithin(object, path);
  const names = elements.filter(namesItem).sort((a, b) => b.length - a.length);
  for (const path of names) removeWithin(object, path);
}

function namesItem(path: string[]): boolean {
  const [element = "", item = ""] = [path.at(-1), path.at(-2)];
  return item.startsWith("k:") && keyOf(item)[0] === element.slice(2);
}

/** Name and value of the field that names an item; written by keyElement. */
function keyOf(element: string): [string, unknown] {
  return Object.entries(JSON.parse(element.slice(2)) as Json)[0] ?? ["", undefined];
}

function removeWithin(node: Json, [element = "", next, ...rest]: string[]): void {
  const field = element.slice(2);
  const inner = node[field];
  if (next === undefined) delete node[field];
  else if (!next.startsWith("k:")) {
    if (!isObject(inner)) return;
    removeWithin(inner, [next, ...rest]);
    if (Object.keys(inner).length === 0) delete node[field];
  } else if (Array.isArray(inner)) {
    removeFromItem(inner, next, rest);
    if (inner.length === 0) delete node[field];
  }
}

function removeFromItem(items: unknown[], element: string, rest: string[]): void {
  const [key, value] = keyOf(element);
  const found = findItem(items, key, value);
  if (!found) return;
  if (rest.length > 1 || !namesItem([element, ...rest])) removeWithin(found.item, rest);
  else if (Object.keys(found.item).every((left) => left === key)) items.splice(found.index, 1);
}
