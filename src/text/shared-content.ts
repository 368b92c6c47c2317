/** What a kind of document keeps in its shared state, for the server and for a browser alike: text today. */

import type * as Y from "yjs";
import { MAX_TEXT_BYTES, TEXT_TOO_LARGE } from "../protocol/document-text.ts";
import type { Change } from "./text-changes.ts";
import { mergeChanges } from "./text-merge.ts";
import { applyToText, textOf } from "./yjs-text.ts";

export interface ContentChange {
  base: string;
  theirs: string;
  room?: number | undefined;
}

/** How much a document may hold. */
export interface ContentLimit {
  /** Of its file. Twice as much is the most that a server takes: it is kept, but not saved. */
  bytes: number;
  /** What is told when it is more. */
  words: string;
}

/** Content has one form as a string, by which two states of it are compared. */
export interface SharedContent {
  readonly limit: ContentLimit;
  /** What the document holds. */
  contentOf(doc: Y.Doc): string;
  /** How much it holds, roughly: asked for with every edit. */
  lengthOf(doc: Y.Doc): number;
  /** Brings what leads from `base` to `theirs` into the document, in one transaction; without what would take more bytes than `room`. */
  merge(doc: Y.Doc, change: ContentChange, origin: unknown): void;
  /** The parts of it of which a person can undo changes. */
  undoable(doc: Y.Doc): Y.AbstractType<unknown>[];
}

export const sharedText: SharedContent = {
  limit: { bytes: MAX_TEXT_BYTES, words: TEXT_TOO_LARGE },
  contentOf: (doc) => textOf(doc).toString(),
  lengthOf: (doc) => textOf(doc).length,
  merge: (doc, { base, theirs, room = Number.POSITIVE_INFINITY }, origin) =>
    applyToText(doc, fitting(mergeChanges(base, textOf(doc).toString(), theirs), room), origin),
  undoable: (doc) => [textOf(doc) as Y.AbstractType<unknown>], // its events have a type of their own
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
