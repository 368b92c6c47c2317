/** What readers send of a document and lack of it. */

import * as Y from "yjs";
import { AppError, invalid } from "../../../src/core/errors.ts";
import { MAX_TEXT_BYTES, MAX_UPDATE_BYTES, TEXT_TOO_LARGE } from "../../../src/protocol/document-text.ts";

/**
 * A text that is too large for its file is taken, told of, and saved when it is shorter again: what was typed builds upon what was taken.
 * Only what nobody could type is not taken. @throws AppError `too_large`
 */
export function refuseTooLarge(length: number, update: Uint8Array): void {
  const isHuge = update.length > MAX_UPDATE_BYTES;
  if (!isHuge && (update.length <= 1_000 || length + update.length <= 2 * MAX_TEXT_BYTES)) return;
  throw new AppError("too_large", TEXT_TOO_LARGE);
}

/** Applies what a reader sent; what builds upon what never came is kept up to a bound. @throws AppError `invalid` */
export function applyFrom(doc: Y.Doc, update: Uint8Array, reader: string): void {
  try {
    Y.applyUpdate(doc, update, reader);
  } catch (cause) {
    throw invalid("This is no update of a document.", { cause });
  }
  boundPending(doc);
}

/** What a reader lacks; everything, when its vector makes no sense. */
export function encodeFor(doc: Y.Doc, vector: Uint8Array | undefined): Uint8Array {
  try {
    return Y.encodeStateAsUpdate(doc, vector);
  } catch {
    return Y.encodeStateAsUpdate(doc);
  }
}

/** Forgets updates of somebody who never sent what they build upon, when they are more than a text may have. No event tells of these. */
function boundPending({ store }: Y.Doc): void {
  if (store.pendingStructs !== null && store.pendingStructs.update.length > MAX_TEXT_BYTES) store.pendingStructs = null;
  if (store.pendingDs !== null && store.pendingDs.length > MAX_TEXT_BYTES) store.pendingDs = null;
}
