/** A file that is not there is said not to be there, and is made only when somebody asks for it. */

import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { openTestDocument } from "../../../test/helpers/project-document.ts";
import { startProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";

const newLife = testLives();

test("a file that is not there does not open as an empty one that says Saved, and is not made by looking or typing", async () => {
  const server = await startProjectServer(newLife());
  const ada = await openTestDocument(await server.connect(), "a.txt");
  expect(ada.exists).toBe(false);
  await until(() => ada.states.at(-1)?.missing === "a.txt does not exist.");
  expect(ada.states.at(-1)).toMatchObject({ saved: false });
  ada.insert(0, "typed by a program");
  await until(() => ada.states.at(-1)?.error?.includes("does not exist") === true);
  await server.fetch("/api/files/delete", { method: "POST", body: JSON.stringify({ paths: [] }) }); // after which all that is to be saved is
  expect(await readdir(server.home)).not.toContain("a.txt");
  await ada.client.ask("document_save", { path: "a.txt" });
  expect(await readFile(join(server.home, "a.txt"), "utf8")).toBe("typed by a program");
  await until(() => ada.states.at(-1)?.saved === true && ada.states.at(-1)?.missing === undefined);
  ada.insert(0, ">");
  await until(async () => (await readFile(join(server.home, "a.txt"), "utf8")) === ">typed by a program");
});

test("a link that leads to nothing says so; saving makes what it leads to", async () => {
  const server = await startProjectServer(newLife());
  await mkdir(join(server.home, "d"));
  await symlink("d/target.txt", join(server.home, "link.txt"));
  const ada = await openTestDocument(await server.connect(), "link.txt");
  await until(() => ada.states.at(-1)?.missing === "link.txt is a link to d/target.txt, which does not exist.");
  await ada.client.ask("document_save", { path: "link.txt" });
  expect(await readFile(join(server.home, "d/target.txt"), "utf8")).toBe("");
  await until(() => ada.states.at(-1)?.saved === true);
});

test("a file that somebody else makes meanwhile is there for whoever looks", async () => {
  const server = await startProjectServer(newLife());
  const ada = await openTestDocument(await server.connect(), "a.txt");
  await until(() => ada.states.at(-1)?.missing !== undefined);
  await writeFile(join(server.home, "a.txt"), "text");
  await until(() => ada.text === "text" && ada.states.at(-1)?.missing === undefined);
});

test("a file that somebody makes before it is saved is theirs: removed again it is missing, and not made anew", async () => {
  const server = await startProjectServer(newLife());
  const file = join(server.home, "a.txt");
  const ada = await openTestDocument(await server.connect(), "a.txt");
  ada.insert(0, "ours");
  await writeFile(file, "theirs\n");
  await ada.client.ask("document_save", { path: "a.txt" });
  expect(await readFile(file, "utf8")).toContain("theirs");
  await rm(file);
  await until(() => ada.states.at(-1)?.missing !== undefined);
  ada.insert(0, "more ");
  await until(() => ada.acknowledged());
  expect(await readdir(server.home)).not.toContain("a.txt");
});
