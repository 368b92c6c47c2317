/** What a log says about its document: the state, and which contents may be on disk. Pure. */

import { createHash } from "node:crypto";
import * as Y from "yjs";
import { changesBetween } from "../../../src/text/text-changes.ts";
import { decodeMerged, type LogRecord, RECORD } from "./update-log.ts";

export interface Replayed {
  doc: Y.Doc;
  /** Content that was known to be on disk; undefined if none ever was. */
  saved: string | undefined;
  /** Content whose writing had begun after that and may or may not have succeeded. */
  maybeSaved: string | undefined;
  /** Hashes of all contents that were ever about to be written since the log began, and of its base. */
  written: Set<string>;
}

export function hashOf(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Applies all records to a new document. Undefined when its state is not usable. */
export function replay(records: readonly LogRecord[], contentOf: (doc: Y.Doc) => string): Replayed | undefined {
  const doc = new Y.Doc();
  const result: Replayed = { doc, saved: undefined, maybeSaved: undefined, written: new Set() };
  try {
    for (const record of records) apply(result, record, () => contentOf(doc));
  } catch {
    doc.destroy();
    return undefined; // written by something else: the file on disk is all there is
  }
  return result;
}

function apply(result: Replayed, { kind, payload }: LogRecord, content: () => string): void {
  if (kind === RECORD.state || kind === RECORD.update) Y.applyUpdate(result.doc, payload);
  if (kind === RECORD.merged) {
    const { update, base } = decodeMerged(payload);
    if (update.length > 0) Y.applyUpdate(result.doc, update);
    known(result, base);
  }
  if (kind === RECORD.base) known(result, Buffer.from(payload).toString("utf8"));
  if (kind === RECORD.baseIsContent) known(result, content());
  if (kind === RECORD.saving) {
    result.maybeSaved = content();
    result.written.add(Buffer.from(payload).toString("hex"));
  }
  if (kind === RECORD.saved && result.maybeSaved !== undefined) known(result, result.maybeSaved);
}

function known(result: Replayed, content: string): void {
  result.saved = content;
  result.maybeSaved = undefined;
  result.written.add(hashOf(content));
}

/** The content from which the one on disk was made by somebody else: the likelier of what we may have written. */
export function baseFor({ saved, maybeSaved, written }: Replayed, disk: string): string {
  if (written.has(hashOf(disk))) return disk; // ours
  if (maybeSaved === undefined || saved === undefined) return saved ?? maybeSaved ?? "";
  return distance(maybeSaved, disk) <= distance(saved, disk) ? maybeSaved : saved;
}

function distance(from: string, to: string): number {
  return changesBetween(from, to).reduce((sum, { remove, insert }) => sum + remove + insert.length, 0);
}
