/** Keeps a text within what is edited together: what would make it larger than that is not typed or pasted. */

import { EditorState, type Extension, StateField, type Text, type Transaction } from "@codemirror/state";
import { ySyncAnnotation } from "y-codemirror.next";
import { MAX_TEXT_BYTES } from "../../../protocol/document-text.ts";

const encoder = new TextEncoder();

function sizeOf(text: Text): number {
  let size = 0;
  for (const part of text.iter()) size += part.length === 0 ? 0 : encoder.encode(part).length;
  return size;
}

/** By how many bytes of UTF-8 the text becomes longer. */
function growth({ changes, startState }: Transaction): number {
  let bytes = 0;
  changes.iterChanges((from, to, _from, _to, inserted) => {
    bytes += sizeOf(inserted) - sizeOf(startState.doc.slice(from, to));
  });
  return bytes;
}

const size = StateField.define<number>({
  create: ({ doc }) => sizeOf(doc),
  update: (before, transaction) => before + (transaction.docChanged ? growth(transaction) : 0),
});

/** `refused` is called for what is not taken; what comes from others is always taken. */
export function textLimit(refused: () => void): Extension {
  const filter = EditorState.transactionFilter.of((transaction) => {
    const isOwn = transaction.docChanged && transaction.annotation(ySyncAnnotation) === undefined;
    if (!isOwn) return transaction;
    const grows = growth(transaction);
    if (grows <= 0 || transaction.startState.field(size) + grows <= MAX_TEXT_BYTES) return transaction;
    refused();
    return [];
  });
  return [size, filter];
}
