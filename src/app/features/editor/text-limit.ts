/** Keeps a text within what is edited together: what would make its file larger than that is not typed or pasted. */

import { EditorState, type Extension, StateEffect, StateField, type Text, type Transaction } from "@codemirror/state";
import { ySyncAnnotation } from "y-codemirror.next";
import { bytesWritten, MAX_TEXT_BYTES, WRITTEN_PLAINLY, type WrittenAs } from "../../../protocol/document-text.ts";

/** Tells how the text is written into its file, in which its size is counted. */
export const setWrittenAs = StateEffect.define<WrittenAs>();

interface Size {
  bytes: number;
  as: WrittenAs;
}

function sizeOf(text: Text, as: WrittenAs): number {
  let size = 0;
  for (const part of text.iter()) size += part.length === 0 ? 0 : bytesWritten(part, as);
  return size;
}

/** By how many bytes the text becomes longer. */
function growth({ changes, startState }: Transaction, as: WrittenAs): number {
  let bytes = 0;
  changes.iterChanges((from, to, _from, _to, inserted) => {
    bytes += sizeOf(inserted, as) - sizeOf(startState.doc.slice(from, to), as);
  });
  return bytes;
}

const size = StateField.define<Size>({
  create: ({ doc }) => ({ bytes: sizeOf(doc, WRITTEN_PLAINLY), as: WRITTEN_PLAINLY }),
  update(before, transaction) {
    const told = transaction.effects.find((effect) => effect.is(setWrittenAs))?.value;
    if (told !== undefined) return { bytes: sizeOf(transaction.newDoc, told), as: told };
    if (!transaction.docChanged) return before;
    return { ...before, bytes: before.bytes + growth(transaction, before.as) };
  },
});

/** `refused` is called for what is not taken; what comes from others is always taken. */
export function textLimit(refused: () => void): Extension {
  const filter = EditorState.transactionFilter.of((transaction) => {
    const isOwn = transaction.docChanged && transaction.annotation(ySyncAnnotation) === undefined;
    if (!isOwn) return transaction;
    const { bytes, as } = transaction.startState.field(size);
    const grows = growth(transaction, as);
    if (grows <= 0 || bytes + grows <= MAX_TEXT_BYTES) return transaction;
    refused();
    return [];
  });
  return [size, filter];
}
