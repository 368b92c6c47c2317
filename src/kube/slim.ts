/** Objects as our caches keep them. */

import type { KubeObject } from "./types.ts";

/** Without the field managers' book-keeping, which is often the larger half of an object and which nobody reads. */
export function slim<T extends KubeObject>(object: T): T {
  delete (object.metadata as { managedFields?: unknown }).managedFields; // not in our type, but on the wire
  return object;
}
