/** The one limit of a text: what is beyond it is told, kept, and saved when it is shorter again. */

import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { MAX_TEXT_BYTES, TEXT_TOO_LARGE } from "../../../src/protocol/document-text.ts";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { openTestDocument } from "../../../test/helpers/project-document.ts";
import { startProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";

const newLife = testLives();

test("after a paste beyond the limit all is saved again as soon as it is shorter", async () => {
  const server = await startProjectServer(newLife());
  const file = join(server.home, "a.txt");
  await writeFile(file, "text\n");
  const ada = await openTestDocument(await server.connect(), "a.txt");
  ada.insert(5, "x".repeat(MAX_TEXT_BYTES));
  await until(() => ada.states.at(-1)?.error?.includes(TEXT_TOO_LARGE) === true);
  ada.insert(0, "typed after ");
  await until(() => ada.acknowledged());
  expect(await readFile(file, "utf8")).toBe("text\n");
  ada.remove(17, MAX_TEXT_BYTES);
  await until(async () => (await readFile(file, "utf8")) === "typed after text\n");
  await until(() => ada.states.at(-1)?.saved === true && ada.states.at(-1)?.error === undefined);
});

test("what is saved can be opened again, up to the limit and not a byte beyond; what is not is kept over a restart", async () => {
  const root = await temporaryFolder(newLife(), "project");
  const first = newLife();
  const server = await startProjectServer(first, { root });
  const file = join(server.home, "a.txt");
  await writeFile(file, "é");
  const ada = await openTestDocument(await server.connect(), "a.txt");
  ada.insert(0, "x".repeat(MAX_TEXT_BYTES - 2));
  await until(async () => (await stat(file)).size === MAX_TEXT_BYTES);
  ada.insert(0, "y");
  await until(() => ada.states.at(-1)?.error?.includes(TEXT_TOO_LARGE) === true);
  expect(await first.stop()).toEqual([]);
  expect((await stat(file)).size).toBe(MAX_TEXT_BYTES);
  const second = await startProjectServer(newLife(), { root, projectId: server.projectId, hub: server.hub });
  const back = await openTestDocument(await second.connect(), "a.txt");
  expect(back.text).toHaveLength(MAX_TEXT_BYTES);
  await until(() => back.states.at(-1)?.error?.includes(TEXT_TOO_LARGE) === true);
  back.remove(0, 10);
  await until(async () => (await stat(file)).size === MAX_TEXT_BYTES - 9);
});
