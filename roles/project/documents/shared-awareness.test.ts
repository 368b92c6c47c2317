/** Cursors in a document: how many one reader may bring and how fast others are told, and what is left when they go. */

import { expect, test } from "@jest/globals";
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { TokenBucket } from "../../../src/core/token-buckets.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { until } from "../../../test/helpers/until.ts";
import { CURSOR_BYTES } from "./paced-cursors.ts";
import { SharedAwareness } from "./shared-awareness.ts";

const newLife = testLives();
const ADA = { account_id: "a", name: "Ada", budget: new TokenBucket(CURSOR_BYTES) };

function shared(relay: (update: Uint8Array) => void = () => {}) {
  const life = newLife();
  const server = new SharedAwareness(new Y.Doc(), relay);
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
  const eve = { ...ADA, account_id: "e", name: "Eve" };
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

/** A document whose readers' screens are told what is relayed. */
function watched() {
  const told: Uint8Array[] = [];
  const screen = new Awareness(new Y.Doc());
  newLife().defer("screen", () => screen.destroy());
  const parts = shared((update) => {
    told.push(update);
    applyAwarenessUpdate(screen, update, "server");
  });
  const cursorOf = (client: number) => screen.getStates().get(client)?.cursor;
  const bytes = () => told.reduce((sum, { length }) => sum + length, 0);
  return { ...parts, told, cursorOf, bytes };
}

test("a socket that sent cursors without a pause had each told to every reader; its last one is told all the same", async () => {
  const { server, editor, told, cursorOf, bytes } = watched();
  const eve = { account_id: "e", name: "Eve", budget: new TokenBucket({ burst: 64 * 1024, perSecond: 1024 * 1024 }) };
  const { awareness, id, update } = editor();
  const began = performance.now();
  for (let cursor = 1; cursor <= 600; cursor++) {
    awareness.setLocalState({ cursor, filler: "x".repeat(15_000) });
    server.apply("eve", update(), eve);
  }
  const most = 64 * 1024 + 1024 * (performance.now() - began) + 16_384;
  expect(bytes()).toBeLessThan(most);
  const ada = editor();
  server.apply("ada", ada.update(), { ...ADA, budget: new TokenBucket(CURSOR_BYTES) });
  expect(cursorOf(ada.id)).toBe(0); // nobody waits for another
  await until(() => cursorOf(id) === 600);
  expect(told.length).toBeLessThan(600);
});

test("a cursor that is taken away while it waits to be told does not stay on the screens of others", async () => {
  const { server, editor, seen, cursorOf } = watched();
  const eve = { account_id: "e", name: "Eve", budget: new TokenBucket({ burst: 1, perSecond: 1_000 }) };
  const { awareness, id, update } = editor();
  server.apply("eve", update(), eve);
  expect(cursorOf(id)).toBe(0);
  awareness.setLocalState({ cursor: 1 });
  server.apply("eve", update(), eve);
  awareness.setLocalState(null);
  server.apply("eve", update(), eve);
  expect(cursorOf(id)).toBe(0);
  expect(seen()).toEqual([]);
  await until(() => cursorOf(id) === undefined);
  const next = editor();
  server.apply("eve", next.update(), eve);
  server.leave("eve"); // at once, whatever waits
  expect([cursorOf(next.id), seen()]).toEqual([undefined, []]);
});

test("somebody who types as fast as a key repeats has every cursor told at once", () => {
  const { server, editor, cursorOf } = watched();
  const ada = { ...ADA, budget: new TokenBucket(CURSOR_BYTES) };
  const { awareness, id, update } = editor();
  const user = { name: "Ada Lovelace", color: "#123456", colorLight: "#12345633" };
  const place = { type: null, tname: "text", item: { client: 2 ** 31, clock: 123_456 }, assoc: 0 };
  for (let cursor = 1; cursor <= 100; cursor++) {
    awareness.setLocalState({ cursor, user, anchor: place, head: place });
    server.apply("ada", update(), ada);
    expect(cursorOf(id)).toBe(cursor);
  }
});
