/** The kinds of a list's items, which the API server leaves out. */

import type { KubeList, KubeObject } from "./types.ts";

/** A list as it is on the wire. */
export type RawList<T extends KubeObject> = KubeList<T> & { apiVersion: string; kind: string };

/** The same list, whose items have kind and version, as a single read gives them. They are written into the items. */
export function withKinds<T extends KubeObject>({ apiVersion, kind, metadata, items }: RawList<T>): KubeList<T> {
  const itemKind = kind.replace(/List$/, "");
  for (const item of items) Object.assign(item, { apiVersion, kind: itemKind });
  return { metadata, items };
}
