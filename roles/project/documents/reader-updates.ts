/** What readers send of a document and lack of it. */

import * as Y from "yjs";
import { AppError, invalid } from "../../../src/core/errors.ts";
import type { ContentLimit } from "../../../src/text/shared-content.ts";

/**
 * What is too large for its file is taken, told of, and saved when it is shorter again: what was typed builds upon what was taken. Beyond
 * twice that only what makes it shorter is taken. @throws AppError `too_large`
 */
export function refuseTooLarge(length: number, update: Uint8Array, { bytes, words }: ContentLimit): void {
  if (length + update.length <= 2 * bytes || (update.length <= 2 * bytes && insertsNothing(update))) return;
  throw new AppError("too_large", words);
}

function insertsNothing(update: Uint8Array): boolean {
  try {
    const { structs } = Y.decodeUpdate(update);
    return structs.every((struct) => !(struct instanceof Y.Item) || struct.content instanceof Y.ContentDeleted);
  } catch {
    return true; // nobody can apply it, which says so better
  }
}

/** Applies what a reader sent; what builds upon what never came is kept up to `mostPending` bytes. @throws AppError `invalid` */
export function applyFrom(
  doc: Y.Doc,
  update: Uint8Array,
  { reader, mostPending }: { reader: string; mostPending: number },
): void {
  try {
    Y.applyUpdate(doc, update, reader);
  } catch (cause) {
    throw invalid("This is no update of a document.", { cause });
  }
  boundPending(doc, mostPending);
}

/** What a reader lacks; everything, when its vector makes no sense. */
export function encodeFor(doc: Y.Doc, vector: Uint8Array | undefined): Uint8Array {
  try {
    return Y.encodeStateAsUpdate(doc, vector);
  } catch {
    return Y.encodeStateAsUpdate(doc);
  }
}

/** Forgets updates of somebody who never sent what they build upon, when they are more than a document may have. No event tells of these. */
function boundPending({ store }: Y.Doc, most: number): void {
  if (store.pendingStructs !== null && store.pendingStructs.update.length > most) store.pendingStructs = null;
  if (store.pendingDs !== null && store.pendingDs.length > most) store.pendingDs = null;
}
