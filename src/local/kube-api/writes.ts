/** The writes of the API: create, replace, patch, delete, each one step over the store. Knows no wire. */

import { parse as parseYaml } from "yaml";
import { messageOf } from "../../core/errors.ts";
import { type FieldPath, leavesOf, toFieldsV1 } from "./field-paths.ts";
import { asObject, asText, isObject, type Json, sameJson } from "./json.ts";
import { unknownFields } from "./known-fields.ts";
import { changedObject, newObject, readBody } from "./objects.ts";
import { applyFields, bookUpdate } from "./ownership.ts";
import { applyJsonPatch, mergePatch, patchKind, strategicMerge } from "./patches.ts";
import { resizedPod, resizeProblems } from "./pod-resize.ts";
import { forbiddenPodChanges } from "./pod-rules.ts";
import {
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  methodNotAllowed,
  notFound,
  unsupportedMediaType,
} from "./refusal.ts";
import type { Store } from "./store.ts";
import { type ApiObject, type ApiType, namespaceType, podType, timestamp } from "./types.ts";

/** What a write is about. */
export interface ObjectRef {
  type: ApiType;
  namespace: string | undefined;
  name: string;
  subresource?: string | undefined;
}

export interface WriteOptions {
  fieldManager: string;
  /** Refuses a pod with fields that no pod has. */
  strict?: boolean;
  force?: boolean;
  dryRun?: boolean;
}

export interface PatchBody {
  contentType: string;
  text: string;
}

export interface DeleteWish {
  gracePeriodSeconds?: number | undefined;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
}

const DEFAULT_GRACE_SECONDS = 30;

export class Writes {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  create({ type, namespace }: Omit<ObjectRef, "name">, body: unknown, options: WriteOptions): ApiObject {
    const given = readBody(type, namespace, body);
    refuseUnknown(type, given, options);
    const object = newObject(type, given);
    return this.#add(type, bookUpdate(undefined, object, { manager: options.fieldManager }), options);
  }

  /** Replaces an object, or its status. */
  replace(ref: ObjectRef, body: unknown, options: WriteOptions): ApiObject {
    const live = this.#live(ref);
    const given = readBody(ref.type, ref.namespace, body);
    refuseUnknown(ref.type, given, options);
    return this.#change(ref, { live, given, options });
  }

  /** Any of the four kinds of patch; an apply creates what is not there. `created` says so. */
  patch(
    ref: ObjectRef,
    { contentType, text }: PatchBody,
    options: WriteOptions,
  ): { object: ApiObject; created: boolean } {
    const kind = patchKind(contentType);
    if (kind === undefined) throw unsupportedMediaType(contentType);
    const patch = kind === "apply" ? parsedYaml(text) : parsedJson(text);
    if (kind === "apply") return this.#apply(ref, patch, options);
    const live = this.#live(ref);
    const patched = patchedBody(kind, live, patch);
    const given = readBody(ref.type, ref.namespace, patched);
    refuseUnknown(ref.type, given, options);
    return { object: this.#change(ref, { live, given, options }), created: false };
  }

  /** Marks a pod on a node as leaving, so that its kubelet ends it; removes all else, and what has no grace, at once. */
  delete(
    ref: ObjectRef,
    { gracePeriodSeconds, uid, resourceVersion }: DeleteWish,
  ): { object: ApiObject; gone: boolean } {
    const { type, name } = ref;
    const live = this.#live(ref);
    const { metadata } = live;
    if (uid !== undefined && uid !== metadata.uid) {
      throw conflict(
        type,
        name,
        `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
      );
    }
    if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
      throw conflict(
        type,
        name,
        `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
      );
    }
    const graceSeconds = graceOf(live, gracePeriodSeconds);
    if (graceSeconds === 0 && (metadata.finalizers ?? []).length === 0) {
      this.#store.remove(type, live);
      return { object: live, gone: true };
    }
    return { object: this.#markLeaving(type, live, graceSeconds), gone: false };
  }

  #markLeaving(type: ApiType, live: ApiObject, graceSeconds: number): ApiObject {
    const { metadata } = live;
    const sooner =
      metadata.deletionGracePeriodSeconds === undefined || graceSeconds < metadata.deletionGracePeriodSeconds;
    if (metadata.deletionTimestamp !== undefined && !sooner) return live;
    return this.#store.put(type, {
      ...live,
      metadata: {
        ...metadata,
        ...(metadata.generation !== undefined && { generation: metadata.generation + 1 }),
        deletionTimestamp: timestamp(new Date(Date.now() + graceSeconds * 1000)),
        deletionGracePeriodSeconds: graceSeconds,
      },
    });
  }

  #apply(ref: ObjectRef, patch: unknown, options: WriteOptions): { object: ApiObject; created: boolean } {
    const { type, namespace, name } = ref;
    const applied = readBody(type, namespace, patch);
    if (applied.metadata.name !== name) throw badRequest("the name of the object does not match the name on the URL");
    if (asObject(asObject(patch).metadata).managedFields !== undefined)
      throw badRequest("metadata.managedFields must be nil");
    refuseUnknown(type, applied, options);
    const live = this.#store.get(type, namespace, name);
    if (!live) {
      if (ref.subresource !== undefined) throw notFound(type, name);
      const object = withApplyOwner(newObject(type, applied), applied, options.fieldManager);
      return { object: this.#add(type, object, options), created: true };
    }
    const next = applyFields(live, applied, { manager: options.fieldManager, force: options.force ?? false });
    const { resourceVersion, uid } = applied.metadata;
    const given = {
      ...next,
      metadata: { ...next.metadata, ...(resourceVersion && { resourceVersion }), ...(uid && { uid }) },
    };
    return { object: this.#change(ref, { live, given, options, booked: true }), created: false };
  }

  #add(type: ApiType, object: ApiObject, { dryRun = false }: WriteOptions): ApiObject {
    const { namespace, name } = object.metadata;
    if (type.namespaced && !this.#store.get(namespaceType, undefined, namespace ?? "")) {
      throw notFound(namespaceType, namespace ?? "");
    }
    if (this.#store.get(type, namespace, name)) throw alreadyExists(type, name);
    return dryRun ? object : this.#store.put(type, object);
  }

  /** The common end of all changes. `booked`: the field managers are in `given` already. */
  #change(
    { type, subresource }: ObjectRef,
    {
      live,
      given,
      options,
      booked = false,
    }: { live: ApiObject; given: ApiObject; options: WriteOptions; booked?: boolean },
  ): ApiObject {
    const { managedFields } = given.metadata;
    const checked = changedObject(type, live, given);
    const wanted = confined(type, live, checked, subresource);
    if (type === podType) refuseForbidden(live, wanted, subresource);
    const manager = { manager: options.fieldManager, subresource };
    const next =
      booked && managedFields
        ? { ...wanted, metadata: { ...wanted.metadata, managedFields } }
        : bookUpdate(live, wanted, manager);
    if (sameJson(unmanaged(live), unmanaged(next)) && (!booked || sameJson(live.metadata, next.metadata))) return live;
    if (options.dryRun) return next;
    const specChanged = next.metadata.generation !== undefined && !sameJson(live.spec, next.spec);
    const generation = specChanged ? { generation: (next.metadata.generation ?? 0) + 1 } : {};
    const stored = this.#store.put(type, { ...next, metadata: { ...next.metadata, ...generation } });
    const leaving = stored.metadata.deletionTimestamp !== undefined && (stored.metadata.finalizers ?? []).length === 0;
    if (leaving && stored.metadata.deletionGracePeriodSeconds === 0) this.#store.remove(type, stored);
    return stored;
  }

  #live({ type, namespace, name, subresource }: ObjectRef): ApiObject {
    if (subresource !== undefined && !type.subresources.includes(subresource)) throw methodNotAllowed();
    const live = this.#store.get(type, namespace, name);
    if (!live) throw notFound(type, name);
    return live;
  }
}

/** Only what this sub-resource may write; the object itself may write all but its status. */
function confined(type: ApiType, live: ApiObject, given: ApiObject, subresource: string | undefined): ApiObject {
  if (subresource === "status") {
    return {
      ...live,
      status: given.status,
      metadata: { ...live.metadata, resourceVersion: given.metadata.resourceVersion ?? "" },
    };
  }
  if (subresource === "resize") return resizedPod(live, given);
  if (!type.subresources.includes("status") || type.plural === "namespaces") return given;
  const { status: _, ...rest } = given;
  return live.status === undefined ? (rest as ApiObject) : { ...given, status: live.status }; // the object without one field
}

function refuseUnknown(type: ApiType, given: ApiObject, { strict = false }: WriteOptions): void {
  const unknown = strict && type === podType ? unknownFields(given) : [];
  if (unknown.length === 0) return;
  const listed = unknown.map((field) => `unknown field "${field}"`).join(", ");
  throw badRequest(
    `${type.kind} in version "v1" cannot be handled as a ${type.kind}: strict decoding error: ${listed}`,
  );
}

function refuseForbidden(live: ApiObject, next: ApiObject, subresource: string | undefined): void {
  if (subresource === "status") return;
  const problems = subresource === "resize" ? resizeProblems(live, next) : forbiddenPodChanges(live, next);
  if (problems.length > 0) throw invalid(podType, live.metadata.name, problems);
}

function graceOf({ kind, metadata, spec, status }: ApiObject, wished: number | undefined): number {
  if (kind !== "Pod") return 0;
  const placed = asText(asObject(spec).nodeName) !== "";
  const over = ["Succeeded", "Failed"].includes(asText(asObject(status).phase));
  if (!placed || over) return 0;
  if (wished !== undefined) return Math.max(0, wished);
  const own = asObject(spec).terminationGracePeriodSeconds;
  return metadata.deletionGracePeriodSeconds ?? (typeof own === "number" ? own : DEFAULT_GRACE_SECONDS);
}

function patchedBody(kind: "json" | "merge" | "strategic", live: ApiObject, patch: unknown): unknown {
  if (kind === "json") return applyJsonPatch(live, patch);
  if (!isObject(patch)) throw badRequest("the patch is no object");
  return kind === "merge" ? mergePatch(live, patch) : strategicMerge(live, patch);
}

function withApplyOwner(object: ApiObject, applied: Json, manager: string): ApiObject {
  const paths: Iterable<FieldPath> = leavesOf(applied).keys();
  const entry = { manager, operation: "Apply", apiVersion: "v1", time: timestamp(), fieldsType: "FieldsV1" } as const;
  return { ...object, metadata: { ...object.metadata, managedFields: [{ ...entry, fieldsV1: toFieldsV1(paths) }] } };
}

function unmanaged(object: ApiObject): Json {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`the body is no JSON: ${messageOf(error)}`);
  }
}

function parsedYaml(text: string): unknown {
  try {
    return text.trimStart().startsWith("{") ? JSON.parse(text) : parseYaml(text);
  } catch (error) {
    throw badRequest(`error decoding YAML: ${messageOf(error)}`);
  }
}
