/** Lists in pages, all of one version, and the selection of objects by a query. Knows no wire. */

import { asText, isObject, type Json } from "./json.ts";
import { badRequest } from "./refusal.ts";
import { fieldPredicate, labelPredicate, type Predicate } from "./selectors.ts";
import type { Store } from "./store.ts";
import type { ApiObject, ApiType } from "./types.ts";

export interface ListResult {
  items: ApiObject[];
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
}

/** A predicate for the selectors and the namespace of a query. */
export function selection(type: ApiType, namespace: string | undefined, query: URLSearchParams): Predicate {
  const labels = labelPredicate(query.get("labelSelector"));
  const fields = fieldPredicate(type, query.get("fieldSelector"));
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) && labels(object) && fields(object);
}

/** One page, or all. @throws Refusal 400 for a query that cannot be read, 410 when its version is forgotten. */
export function listObjects(
  store: Store,
  { type, namespace }: { type: ApiType; namespace: string | undefined },
  query: URLSearchParams,
): ListResult {
  const matches = selection(type, namespace, query);
  const limit = Number(query.get("limit") ?? 0);
  const place = query.get("continue") ? readContinue(query.get("continue") ?? "") : undefined;
  const version = place?.version ?? store.version;
  const all = place ? store.allAt(type, place.version) : store.all(type);
  const sorted = all.filter(matches).sort((a, b) => (orderKey(a) < orderKey(b) ? -1 : 1));
  const rest = place ? sorted.filter((object) => orderKey(object) > place.after) : sorted;
  const items = limit > 0 ? rest.slice(0, limit) : rest;
  const last = items.at(-1);
  const remaining = rest.length - items.length;
  const selective = Boolean(query.get("labelSelector") || query.get("fieldSelector"));
  return {
    items,
    metadata: {
      resourceVersion: String(version),
      ...(remaining > 0 && last && { continue: writeContinue({ version, after: orderKey(last) }) }),
      ...(remaining > 0 && !selective && { remainingItemCount: remaining }),
    },
  };
}

function orderKey({ metadata }: ApiObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

interface Place {
  version: number;
  after: string;
}

function writeContinue(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

function readContinue(text: string): Place {
  let place: unknown;
  try {
    place = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    throw badRequest("continue key is not valid");
  }
  const { version, after } = (isObject(place) ? place : {}) as Json;
  if (typeof version !== "number") throw badRequest("continue key is not valid");
  return { version, after: asText(after) };
}
