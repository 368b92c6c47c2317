/** The one limit of a text: what is beyond it is told, kept, and saved when it is shorter again. */

import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import * as Y from "yjs";
import { TEXT_TOO_LARGE } from "../../../src/protocol/document-text.ts";
import { textOf } from "../../../src/text/yjs-text.ts";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { openTestDocument } from "../../../test/helpers/project-document.ts";
import { startProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";
import { DocumentStore } from "./document-store.ts";

const newLife = testLives();
/** The rules are the same for any limit, and a small one is quick. */
const LIMIT = 20_000;

test("after a paste beyond the limit all is saved again as soon as it is shorter", async () => {
  const server = await startProjectServer(newLife(), { textLimit: LIMIT });
  const file = join(server.home, "a.txt");
  await writeFile(file, "text\n");
  const ada = await openTestDocument(await server.connect(), "a.txt");
  ada.insert(5, "x".repeat(LIMIT));
  await until(() => ada.states.at(-1)?.error?.includes(TEXT_TOO_LARGE) === true);
  ada.insert(0, "typed after ");
  await until(() => ada.acknowledged());
  expect(await readFile(file, "utf8")).toBe("text\n");
  ada.remove(17, LIMIT);
  await until(async () => (await readFile(file, "utf8")) === "typed after text\n");
  await until(() => ada.states.at(-1)?.saved === true && ada.states.at(-1)?.error === undefined);
});

test("what is saved can be opened again, up to the limit and not a byte beyond; what is not is kept over a restart", async () => {
  const root = await temporaryFolder(newLife(), "project");
  const first = newLife();
  const server = await startProjectServer(first, { root, textLimit: LIMIT });
  const file = join(server.home, "a.txt");
  await writeFile(file, "é");
  const ada = await openTestDocument(await server.connect(), "a.txt");
  ada.insert(0, "x".repeat(LIMIT - 2));
  await until(async () => (await stat(file)).size === LIMIT);
  ada.insert(0, "y");
  await until(() => ada.states.at(-1)?.error?.includes(TEXT_TOO_LARGE) === true);
  expect(await first.stop()).toEqual([]);
  expect((await stat(file)).size).toBe(LIMIT);
  const { projectId, hub } = server;
  const second = await startProjectServer(newLife(), { root, projectId, hub, textLimit: LIMIT });
  const back = await openTestDocument(await second.connect(), "a.txt");
  expect(back.text).toHaveLength(LIMIT);
  await until(() => back.states.at(-1)?.error?.includes(TEXT_TOO_LARGE) === true);
  back.remove(0, 10);
  await until(async () => (await stat(file)).size === LIMIT - 9);
});

test("a document grows to twice the limit and no further, whatever a script sends, and comes back from there", async () => {
  const server = await startProjectServer(newLife(), { textLimit: LIMIT });
  const file = join(server.home, "a.txt");
  await writeFile(file, "text\n");
  const [ada, grace] = [
    await openTestDocument(await server.connect(), "a.txt"),
    await openTestDocument(await server.connect(), "a.txt"),
  ];
  for (let times = 0; times < 100; times++) ada.insert(0, "x".repeat(500));
  await until(() => grace.text.length > 2 * LIMIT - 1_000);
  const answer = await ada.client.tryToAsk("document_update", {
    path: "a.txt",
    generation: ada.generation,
    update: updateOf((text) => text.insert(0, "y".repeat(900))),
  });
  expect(answer).toMatchObject({ ok: false, code: "too_large", error: TEXT_TOO_LARGE });
  expect(grace.text.length).toBeLessThanOrEqual(2 * LIMIT);
  grace.remove(0, grace.text.length - 5);
  await until(() => grace.acknowledged());
  await until(() => grace.states.at(-1)?.saved === true);
  expect(await readFile(file, "utf8")).toBe("text\n");
});

function updateOf(edit: (text: Y.Text) => void): Uint8Array {
  const doc = new Y.Doc();
  edit(textOf(doc));
  return Y.encodeStateAsUpdate(doc);
}

test("a text that could not be saved before its file was moved is taken up at its new place after a crash, though nobody opens it", async () => {
  const server = await startProjectServer(newLife(), { textLimit: LIMIT });
  await writeFile(join(server.home, "a.txt"), "text\n");
  const ada = await openTestDocument(await server.connect(), "a.txt");
  ada.insert(0, "x".repeat(LIMIT));
  await until(() => ada.states.at(-1)?.error?.includes(TEXT_TOO_LARGE) === true);
  await ada.client.ask("document_close", { path: "a.txt" });
  const moved = { method: "POST", body: JSON.stringify({ from: "a.txt", to: "b.txt" }) };
  expect((await server.fetch("/api/files/rename", moved)).status).toBe(200);
  const store = new DocumentStore(server.home);
  await until(async () => (await store.leftOpen()).join() === "b.txt"); // what a server finds that starts after a crash
});
