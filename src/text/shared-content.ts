/** What a kind of document keeps in its shared state, for the server and for a browser alike: text today. */

import type * as Y from "yjs";
import { bytesWritten, MAX_TEXT_BYTES, TEXT_TOO_LARGE, type WrittenAs } from "../protocol/document-text.ts";
import type { Change } from "./text-changes.ts";
import { mergeChanges } from "./text-merge.ts";
import { applyToText, textOf } from "./yjs-text.ts";

export interface ContentChange {
  base: string;
  theirs: string;
  /** How it is written into its file: then what would make it larger than it may be is left out. */
  within?: WrittenAs | undefined;
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
  /** Brings what leads from `base` to `theirs` into the document, in one transaction. */
  merge(doc: Y.Doc, change: ContentChange, origin: unknown): void;
  /** The parts of it of which a person can undo changes. */
  undoable(doc: Y.Doc): Y.AbstractType<unknown>[];
}

export const sharedText: SharedContent = {
  limit: { bytes: MAX_TEXT_BYTES, words: TEXT_TOO_LARGE },
  contentOf: (doc) => textOf(doc).toString(),
  lengthOf: (doc) => textOf(doc).length,
  merge(doc, { base, theirs, within }, origin) {
    const ours = textOf(doc).toString();
    const changes = mergeChanges(base, ours, theirs);
    const fit = within && fitting(changes, { room: this.limit.bytes - bytesWritten(ours, within), within });
    applyToText(doc, fit ?? changes, origin);
  },
  undoable: (doc) => [textOf(doc) as Y.AbstractType<unknown>], // its events have a type of their own
};

/** The changes for which there is room, in bytes: the small ones, when a large one has none. */
function fitting(changes: readonly Change[], { room, within }: { room: number; within: WrittenAs }): readonly Change[] {
  let left = room;
  return changes.filter(({ insert }) => {
    const size = bytesWritten(insert, within);
    if (size > left) return false;
    left -= size;
    return true;
  });
}
