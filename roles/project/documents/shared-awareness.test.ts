/** Cursors in a document: how many one reader may bring, and what is left when they go. */

import { expect, test } from "@jest/globals";
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { testLives } from "../../../test/helpers/life.ts";
import { SharedAwareness } from "./shared-awareness.ts";

const newLife = testLives();
const ADA = { account_id: "a", name: "Ada" };

function shared() {
  const life = newLife();
  const server = new SharedAwareness(new Y.Doc(), () => {});
  life.defer("awareness", () => server.destroy());
  const editor = () => {
    const awareness = new Awareness(new Y.Doc());
    life.defer("awareness", () => awareness.destroy());
    awareness.setLocalState({ cursor: 0 });
    const update = () => encodeAwarenessUpdate(awareness, [awareness.clientID]);
    return { awareness, update, id: awareness.clientID };
  };
  /** The clients that somebody who comes now is told of. */
  const seen = () => {
    const { awareness, id } = editor();
    const update = server.current();
    if (update !== undefined) applyAwarenessUpdate(awareness, update, "server");
    return [...awareness.getStates().keys()].filter((client) => client !== id);
  };
  return { server, editor, seen };
}

test("one small update does not bring more editors than a socket may have", () => {
  const { server, editor, seen } = shared();
  const all = editor();
  for (let more = 0; more < 8; more++) applyAwarenessUpdate(all.awareness, editor().update(), "other");
  const nine = [...all.awareness.getStates().keys()];
  expect(() => server.apply("r", encodeAwarenessUpdate(all.awareness, nine), ADA)).toThrow("Too many editors");
  expect(seen()).toEqual([]);
  const eight = nine.slice(1);
  server.apply("r", encodeAwarenessUpdate(all.awareness, eight), ADA);
  server.apply("r", encodeAwarenessUpdate(all.awareness, eight.slice(0, 1)), ADA);
  expect(() => server.apply("r", all.update(), ADA)).toThrow("Too many editors");
  expect(seen().sort()).toEqual(eight.sort());
  for (const cut of [[], [1], [200], [1, 5, 0, 99], [255, 255, 255, 3]])
    expect(() => server.apply("other", new Uint8Array(cut), ADA)).toThrow("no state of an editor");
});

test("a socket that opened and closed many editors in its time can open another", () => {
  const { server, editor, seen } = shared();
  for (let times = 0; times < 30; times++) {
    const { awareness, update } = editor();
    server.apply("r", update(), ADA);
    awareness.setLocalState(null);
    server.apply("r", update(), ADA);
  }
  expect(seen()).toEqual([]);
  const { id, update } = editor();
  server.apply("r", update(), ADA);
  expect(seen()).toEqual([id]);
});

test("who comes back before the old socket is gone keeps the cursor when that goes", () => {
  const { server, editor, seen } = shared();
  const { awareness, id, update } = editor();
  server.apply("old", update(), ADA);
  awareness.setLocalState({ cursor: 1 });
  server.apply("new", update(), ADA);
  server.leave("old");
  expect(seen()).toEqual([id]);
  server.leave("new");
  expect(seen()).toEqual([]);
});

test("somebody moved, or took away, the cursor of somebody else", () => {
  const { server, editor, seen } = shared();
  const { awareness, id, update } = editor();
  server.apply("ada", update(), ADA);
  const eve = { account_id: "e", name: "Eve" };
  for (const state of [{ cursor: 9 }, null]) {
    awareness.setLocalState(state); // of the same client, and later
    expect(() => server.apply("eve", update(), eve)).toThrow("somebody else's");
  }
  expect(seen()).toEqual([id]);
  server.leave("eve");
  expect(seen()).toEqual([id]);
  server.leave("ada");
  server.apply("eve", editor().update(), eve);
  expect(seen()).toHaveLength(1);
});
