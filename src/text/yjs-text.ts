/** A shared document that holds one text: the text, and changes that are applied to it. */

import type * as Y from "yjs";
import { DOCUMENT_TEXT } from "../protocol/document-text.ts";
import type { Change } from "./text-changes.ts";

export function textOf(doc: Y.Doc): Y.Text {
  return doc.getText(DOCUMENT_TEXT);
}

/** Applies changes to the text in one transaction, which makes one update or none. */
export function applyToText(doc: Y.Doc, changes: readonly Change[], origin: unknown): void {
  const text = textOf(doc);
  doc.transact(() => {
    let moved = 0;
    for (const { at, remove, insert } of changes) {
      if (remove > 0) text.delete(at + moved, remove);
      if (insert !== "") text.insert(at + moved, insert);
      moved += insert.length - remove;
    }
  }, origin);
}
