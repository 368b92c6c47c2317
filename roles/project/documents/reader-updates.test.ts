/** What readers send to a document's state. */

import { expect, test } from "@jest/globals";
import * as Y from "yjs";
import { textOf } from "../../../src/text/yjs-text.ts";
import { applyFrom, refuseTooLarge } from "./reader-updates.ts";

const LIMIT = { bytes: 1_000, words: "This is too much." };
const HOW = { reader: "r", mostPending: LIMIT.bytes };

test("updates of somebody who never sends what they build upon do not pile up", () => {
  const theirs = new Y.Doc();
  const updates: Uint8Array[] = [];
  theirs.on("update", (update: Uint8Array) => updates.push(update));
  for (let times = 0; times < 8; times++) textOf(theirs).insert(0, "x".repeat(LIMIT.bytes / 4));
  const [first = new Uint8Array(), ...others] = updates;
  const doc = new Y.Doc();
  for (const update of others) applyFrom(doc, update, HOW);
  expect(Y.encodeStateAsUpdate(doc).length).toBeLessThan(1.5 * LIMIT.bytes);
  applyFrom(doc, Y.encodeStateAsUpdate(theirs), HOW); // who sends all is understood
  applyFrom(doc, first, HOW);
  expect(textOf(doc).length).toBe(2 * LIMIT.bytes);
});

/** The updates that these edits make, each by itself. */
function updatesOf(doc: Y.Doc, ...edits: (() => void)[]): Uint8Array[] {
  const updates: Uint8Array[] = [];
  const note = (update: Uint8Array) => updates.push(update);
  doc.on("update", note);
  for (const edit of edits) edit();
  doc.off("update", note);
  return updates;
}

test("a script cannot grow a document without bound by small updates; beyond the bound only what makes it shorter is taken", () => {
  const [theirs, doc] = [new Y.Doc(), new Y.Doc()];
  const text = textOf(theirs);
  let refused = 0;
  for (let times = 0; times < 100; times++) {
    const [update = new Uint8Array()] = updatesOf(theirs, () => text.insert(text.length, "x".repeat(50)));
    try {
      refuseTooLarge(textOf(doc).length, update, LIMIT);
      applyFrom(doc, update, HOW);
    } catch (error) {
      expect(String(error)).toContain(LIMIT.words);
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(50);
  expect(textOf(doc).length).toBeLessThanOrEqual(2 * LIMIT.bytes);
  const [shorter = new Uint8Array(), again = new Uint8Array()] = updatesOf(
    theirs,
    () => text.delete(0, 500),
    () => text.insert(0, "y"),
  );
  expect(() => refuseTooLarge(2 * LIMIT.bytes, again, LIMIT)).toThrow(LIMIT.words);
  refuseTooLarge(2 * LIMIT.bytes, shorter, LIMIT);
  const before = textOf(doc).length;
  applyFrom(doc, shorter, HOW);
  expect(textOf(doc).length).toBe(before - 500);
});
