/** What readers send to a document's state. */

import { expect, test } from "@jest/globals";
import * as Y from "yjs";
import { MAX_TEXT_BYTES } from "../../../src/protocol/document-text.ts";
import { textOf } from "../../../src/text/yjs-text.ts";
import { applyFrom } from "./reader-updates.ts";

test("updates of somebody who never sends what they build upon do not pile up", () => {
  const theirs = new Y.Doc();
  const updates: Uint8Array[] = [];
  theirs.on("update", (update: Uint8Array) => updates.push(update));
  for (let times = 0; times < 8; times++) textOf(theirs).insert(0, "x".repeat(MAX_TEXT_BYTES / 4));
  const [first = new Uint8Array(), ...others] = updates;
  const doc = new Y.Doc();
  for (const update of others) applyFrom(doc, update, "r");
  expect(Y.encodeStateAsUpdate(doc).length).toBeLessThan(1.1 * MAX_TEXT_BYTES);
  applyFrom(doc, Y.encodeStateAsUpdate(theirs), "r"); // who sends all is understood
  applyFrom(doc, first, "r");
  expect(textOf(doc).length).toBe(2 * MAX_TEXT_BYTES);
});
