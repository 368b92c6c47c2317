/** How many documents a page and a project may have open, whoever asks and however fast. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { testLog } from "../../../test/helpers/log.ts";
import { textContent } from "./document-content.ts";
import { Documents } from "./documents.ts";

const newLife = testLives();

test("documents that are asked for all at once are no more than those asked for one by one", async () => {
  const life = newLife();
  const home = await temporaryFolder(life, "project");
  const places = { home, ext: "/nowhere", data: "/nowhere", tmp: "/nowhere" };
  const documents = new Documents(life, { places, log: testLog(), content: textContent, moved: () => {} });
  const events = { update: () => {}, awareness: () => {}, state: () => {}, reset: () => {} };
  const open = (id: string, path: string) => documents.open({ id, events, called: { path } }, { path, mayWrite: true });
  const messages = async (opens: Promise<unknown>[]) => {
    const settled = await Promise.allSettled(opens);
    return settled.flatMap((one) => (one.status === "rejected" ? [String(one.reason.message)] : []));
  };
  await writeFile(join(home, "a.txt"), "text");
  const names = Array.from({ length: 303 }, (_, index) => `${"./".repeat(index)}a.txt`);
  expect(await messages(names.map((name) => open("ada", name)))).toEqual(
    Array.from({ length: 3 }, () => "This page has 300 documents open already; close some first."),
  );
  const files = Array.from({ length: 302 }, (_, index) => `b${index}.txt`); // beside the one that is open
  for (const name of files) await writeFile(join(home, name), "text");
  expect(await messages(files.map((name, index) => open(`reader ${index}`, name)))).toEqual(
    Array.from({ length: 3 }, () => "This project has too many documents open; close some first."),
  );
});
