/** Who owns which field: server-side apply with its conflicts, and the book-keeping of all other writes. Pure. */

import { type FieldPath, fieldWords, fromFieldsV1, leavesOf, removeAll, setAt, toFieldsV1 } from "./field-paths.ts";
import { type Json, sameJson } from "./json.ts";
import { Refusal } from "./refusal.ts";
import { type ApiObject, type ManagedFields, timestamp } from "./types.ts";

interface Owner {
  entry: ManagedFields;
  paths: Set<FieldPath>;
}

export interface ApplyOptions {
  manager: string;
  force: boolean;
}

/**
 * The object after an apply: what the manager names is set, what it named before and no longer does is taken away unless another
 * one owns it too. @throws Refusal 409 when it names what others own with another value, unless forced.
 */
export function applyFields(live: ApiObject, applied: Json, { manager, force }: ApplyOptions): ApiObject {
  const named = leavesOf(applied);
  const before = leavesOf(live);
  const owners = ownersOf(live);
  const mine = owners.find(({ entry }) => entry.manager === manager && entry.operation === "Apply");
  const others = owners.filter((owner) => owner !== mine);
  const taken = others.map(({ paths }) =>
    [...paths].filter((path) => named.has(path) && !sameJson(named.get(path), before.get(path))),
  );
  if (!force && taken.some((paths) => paths.length > 0)) throw conflicts(others, taken);
  for (const [i, owner] of others.entries()) for (const path of taken[i] ?? []) owner.paths.delete(path);
  const next = structuredClone(live);
  const isShared = (path: FieldPath) => others.some(({ paths }) => paths.has(path));
  removeAll(
    next,
    [...(mine?.paths ?? [])].filter((path) => !named.has(path) && !isShared(path)),
  );
  for (const [path, value] of named) if (!sameJson(before.get(path), value)) setAt(next, path, value);
  const now = ownerEntry({ manager, operation: "Apply" }, new Set(named.keys()), mine);
  return withOwners(next, [...others, now]);
}

function conflicts(others: Owner[], taken: FieldPath[][]): Refusal {
  const causes = others.flatMap(({ entry }, i) =>
    (taken[i] ?? []).map((path) => ({
      reason: "FieldManagerConflict",
      message: `conflict with "${entry.manager}" using ${entry.apiVersion}`,
      field: fieldWords(path),
    })),
  );
  const words = causes.map(({ message, field }) => `${message}: ${field}`).join(", ");
  const count = causes.length === 1 ? "1 conflict" : `${causes.length} conflicts`;
  return new Refusal(409, "Conflict", `Apply failed with ${count}: ${words}`, { causes });
}

export interface UpdateOptions {
  manager: string;
  subresource?: string | undefined;
}

/** The object after any other write, with what changed booked to its manager. */
export function bookUpdate(before: ApiObject | undefined, after: ApiObject, options: UpdateOptions): ApiObject {
  const { manager, subresource } = options;
  const old = before ? leavesOf(before) : new Map<FieldPath, unknown>();
  const now = leavesOf(after);
  const changed = [...now].filter(([path, value]) => !old.has(path) || !sameJson(old.get(path), value));
  const gone = [...old.keys()].filter((path) => !now.has(path));
  const owners = before ? ownersOf(before) : [];
  const mine = owners.find(
    ({ entry }) => entry.manager === manager && entry.operation === "Update" && entry.subresource === subresource,
  );
  const others = owners.filter((owner) => owner !== mine);
  for (const { paths } of others) for (const path of [...changed.map(([p]) => p), ...gone]) paths.delete(path);
  const paths = new Set([...(mine?.paths ?? []), ...changed.map(([path]) => path)]);
  for (const path of gone) paths.delete(path);
  return withOwners(after, [...others, ownerEntry({ manager, operation: "Update", subresource }, paths, mine)]);
}

function ownersOf({ metadata }: ApiObject): Owner[] {
  return (metadata.managedFields ?? []).map((entry) => ({ entry, paths: fromFieldsV1(entry.fieldsV1) }));
}

type Who = { manager: string; operation: "Apply" | "Update"; subresource?: string | undefined };

/** An owner with new paths; the time changes only when they do. */
function ownerEntry({ manager, operation, subresource }: Who, paths: Set<FieldPath>, before: Owner | undefined): Owner {
  const same = before?.paths.size === paths.size && [...paths].every((path) => before.paths.has(path));
  const entry: ManagedFields = {
    manager,
    operation,
    apiVersion: "v1",
    time: same && before ? before.entry.time : timestamp(),
    fieldsType: "FieldsV1",
    fieldsV1: {},
    ...(subresource !== undefined && { subresource }),
  };
  return { entry, paths };
}

function withOwners(object: ApiObject, owners: Owner[]): ApiObject {
  const managedFields = owners
    .filter(({ paths }) => paths.size > 0)
    .map(({ entry, paths }) => ({ ...entry, fieldsV1: toFieldsV1(paths) }));
  return { ...object, metadata: { ...object.metadata, managedFields } };
}
