/** What a kind of document keeps in its shared state, for the server and for a browser alike: text today. */

import type * as Y from "yjs";
import type { Change } from "./text-changes.ts";
import { mergeChanges } from "./text-merge.ts";
import { applyToText, textOf } from "./yjs-text.ts";

export interface ContentChange {
  base: string;
  theirs: string;
  room?: number | undefined;
}

/** Content has one form as a string, by which two states of it are compared. */
export interface SharedContent {
  /** What the document holds. */
  contentOf(doc: Y.Doc): string;
  /** How much it holds, roughly: asked for with every edit. */
  lengthOf(doc: Y.Doc): number;
  /** Brings what leads from `base` to `theirs` into the document, in one transaction; without what would take more bytes than `room`. */
  merge(doc: Y.Doc, change: ContentChange, origin: unknown): void;
}

export const sharedText: SharedContent = {
  contentOf: (doc) => textOf(doc).toString(),
  lengthOf: (doc) => textOf(doc).length,
  merge: (doc, { base, theirs, room = Number.POSITIVE_INFINITY }, origin) =>
    applyToText(doc, fitting(mergeChanges(base, textOf(doc).toString(), theirs), room), origin),
};

/** The changes for which there is room, in bytes of UTF-8: the small ones, when a large one has none. */
function fitting(changes: readonly Change[], room: number): readonly Change[] {
  let left = room;
  return changes.filter(({ insert }) => {
    const size = Number.isFinite(room) ? new TextEncoder().encode(insert).length : 0;
    if (size > left) return false;
    left -= size;
    return true;
  });
}
