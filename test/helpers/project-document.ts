/** A document as the app holds it, on a socket of a project's server. */

import * as Y from "yjs";
import { DOCUMENT_TEXT } from "../../src/protocol/document-text.ts";
import type { ProjectEvents } from "../../src/protocol/project-socket.ts";
import type { ProjectClient } from "./project-server.ts";

export interface TestDocument {
  client: ProjectClient;
  doc: Y.Doc;
  generation: string;
  exists: boolean;
  readonly text: string;
  /** All states that the server told. */
  states: Omit<Parameters<ProjectEvents["document_state"]>[0], "path">[];
  insert(at: number, text: string): void;
  remove(at: number, length: number): void;
  /** Has the server confirmed every edit? */
  acknowledged(): boolean;
}

/** Opens one of a file that is not there, and makes the file. */
export async function createTestDocument(client: ProjectClient, path: string): Promise<TestDocument> {
  const document = await openTestDocument(client, path);
  await client.ask("document_save", { path });
  return document;
}

/** Opens it; with a state from before, both sides send what the other lacks. */
export async function openTestDocument(
  client: ProjectClient,
  path: string,
  before?: { doc: Y.Doc; generation: string },
): Promise<TestDocument> {
  const doc = new Y.Doc();
  if (before !== undefined) Y.applyUpdate(doc, Y.encodeStateAsUpdate(before.doc));
  const states: TestDocument["states"] = [];
  client.socket.on("document_state", ({ path: which, ...state }) => {
    if (which === path) states.push(state);
  });
  const early: Uint8Array[] = [];
  let isOpen = false;
  client.socket.on("document_update", (change) => {
    if (change.path !== path) return;
    if (isOpen) Y.applyUpdate(doc, new Uint8Array(change.update), "server");
    else early.push(new Uint8Array(change.update));
  });
  const has = before === undefined ? {} : { generation: before.generation, vector: Y.encodeStateVector(doc) };
  const view = await client.ask("document_open", { path, ...has });
  Y.applyUpdate(doc, new Uint8Array(view.update), "server");
  for (const update of early) Y.applyUpdate(doc, update, "server");
  isOpen = true;
  let unconfirmed = 0;
  const send = (update: Uint8Array) => {
    unconfirmed++;
    if (!client.socket.connected) return; // goes along at the next opening
    client
      .tryToAsk("document_update", { path, generation: view.generation, update })
      .then((answer) => {
        if (answer.ok) unconfirmed--;
      })
      .catch(() => {}); // the server is gone: stays unconfirmed
  };
  doc.on("update", (update: Uint8Array, origin: unknown) => {
    if (origin !== "server") send(update);
  });
  if (before !== undefined && before.generation === view.generation)
    send(Y.encodeStateAsUpdate(doc, new Uint8Array(view.vector)));
  const text = doc.getText(DOCUMENT_TEXT);
  return {
    client,
    doc,
    generation: view.generation,
    exists: view.exists,
    get text() {
      return text.toString();
    },
    states,
    insert: (at, inserted) => text.insert(at, inserted),
    remove: (at, length) => text.delete(at, length),
    acknowledged: () => unconfirmed === 0,
  };
}
