/** Merge patch (RFC 7386), JSON patch (RFC 6902) and Kubernetes' strategic merge patch. Pure. */

import jsonPatch, { type Operation } from "fast-json-patch";
import { messageOf } from "../../core/errors.ts";
import { asText, isObject, type Json, sameJson } from "./json.ts";
import { findItem, itemKey, SETS } from "./list-keys.ts";
import { badRequest, Refusal } from "./refusal.ts";

/** Null removes, objects merge, all else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Json = isObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field];
    else merged[field] = mergePatch(merged[field], value);
  }
  return merged;
}

/** @throws Refusal 400 for what is no patch, 422 when it does not apply: nothing of it is done then. */
export function applyJsonPatch(target: Json, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest("a JSON patch is a list of operations");
  try {
    const copy = structuredClone(target);
    return jsonPatch.applyPatch(copy, patch as Operation[], true).newDocument; // validated by the library (the flag)
  } catch (error) {
    const why = messageOf(error).split("\n")[0];
    throw new Refusal(422, "Invalid", `the server rejected our request due to an error in our request: ${why}`);
  }
}

/** As a merge patch, but lists with a key merge item by item, and `$patch`, `$deleteFromPrimitiveList/…` direct it. */
export function strategicMerge(target: unknown, patch: Json): Json {
  if (patch.$patch === "replace") return withoutDirectives(patch);
  const merged: Json = isObject(target) ? { ...target } : {};
  if (patch.$patch === "delete") return {};
  const retained = Array.isArray(patch.$retainKeys) ? new Set(patch.$retainKeys) : undefined;
  if (retained) for (const field of Object.keys(merged)) if (!retained.has(field)) delete merged[field];
  for (const [field, value] of Object.entries(patch)) {
    const deletion = /^\$deleteFromPrimitiveList\/(.+)$/.exec(field)?.[1];
    if (deletion !== undefined) merged[deletion] = without(merged[deletion], value);
    else if (field.startsWith("$"))
      continue; // the order of elements is not kept as the client has it
    else if (value === null) delete merged[field];
    else merged[field] = strategicValue(field, merged[field], value);
  }
  return merged;
}

function strategicValue(field: string, before: unknown, value: unknown): unknown {
  if (isObject(value)) return strategicMerge(before, value);
  if (!Array.isArray(value)) return value;
  if (SETS.has(field)) return [...new Set([...(Array.isArray(before) ? before : []), ...value])];
  const key = itemKey(field, value);
  return key === undefined ? value.map(plain) : mergeItems(before, value.filter(isObject), key);
}

function mergeItems(before: unknown, patches: Json[], key: string): unknown[] {
  if (patches.some((patch) => patch.$patch === "replace")) {
    return patches.filter((patch) => patch.$patch !== "replace").map(plain);
  }
  const items = Array.isArray(before) ? [...before] : [];
  for (const patch of patches) {
    const found = findItem(items, key, patch[key]);
    if (patch.$patch === "delete") {
      if (found) items.splice(found.index, 1);
    } else if (found) items[found.index] = strategicMerge(found.item, patch);
    else items.push(plain(patch));
  }
  return items;
}

function without(list: unknown, gone: unknown): unknown {
  const values = Array.isArray(gone) ? gone : [];
  return Array.isArray(list) ? list.filter((item) => !values.some((value) => sameJson(item, value))) : list;
}

function plain(value: unknown): unknown {
  return isObject(value) ? strategicMerge({}, withoutDirectives(value)) : value;
}

function withoutDirectives({ $patch: _, ...rest }: Json): Json {
  return rest;
}

/** The kind of patch that a content type names, without its parameters. */
export function patchKind(contentType: string): "json" | "merge" | "strategic" | "apply" | undefined {
  const name = asText(contentType.split(";")[0]).trim().toLowerCase();
  const kinds = {
    "application/json-patch+json": "json",
    "application/merge-patch+json": "merge",
    "application/strategic-merge-patch+json": "strategic",
    "application/apply-patch+yaml": "apply",
  } as const;
  return name in kinds ? kinds[name as keyof typeof kinds] : undefined; // just looked
}
