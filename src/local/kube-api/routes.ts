/** From a path of the API to what it names. Pure. */

import { type ApiType, apiTypes } from "./types.ts";

export interface ApiPath {
  type: ApiType;
  /** Undefined: all namespaces, or a type that has none. */
  namespace: string | undefined;
  /** Undefined: the collection. */
  name: string | undefined;
  subresource: string | undefined;
}

const byPlural = new Map(apiTypes.map((type) => [type.plural, type]));

/** What a path under /api/v1 names; undefined when it names nothing. */
export function apiPath(path: string): ApiPath | undefined {
  if (!path.startsWith("/api/v1/")) return undefined;
  const words = path.slice("/api/v1/".length).replace(/\/$/, "").split("/").map(decoded);
  const inNamespace = words[0] === "namespaces" && words.length >= 3 && byPlural.get(words[2] ?? "")?.namespaced;
  const [namespace, rest] = inNamespace ? [words[1], words.slice(2)] : [undefined, words];
  const [plural = "", name, subresource, ...more] = rest;
  const type = byPlural.get(plural);
  if (!type || more.length > 0) return undefined;
  if (type.namespaced && namespace === undefined && name !== undefined) return undefined;
  return { type, namespace, name, subresource };
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word; // what cannot be decoded names nothing that is there
  }
}
