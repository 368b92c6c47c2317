/** A file stays what it is when it is saved; where that means writing in place, a crash in the middle loses nothing. */

import { chown, link, lstat, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { openTestDocument } from "../../../test/helpers/project-document.ts";
import { startProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";
import { DocumentStore } from "./document-store.ts";
import { InPlaceJournal, isMixtureOf } from "./in-place-journal.ts";

const newLife = testLives();

test("a file with two names keeps both, and it is said that it was written in place", async () => {
  const server = await startProjectServer(newLife());
  const [file, other] = [join(server.home, "a.txt"), join(server.home, "b.txt")];
  await writeFile(file, "a rather long text\n");
  await link(file, other);
  const ada = await openTestDocument(await server.connect(), "a.txt");
  ada.remove(0, 9);
  await until(async () => (await readFile(other, "utf8")) === "long text\n");
  await until(() => ada.states.at(-1)?.inPlace?.includes("hard links") === true);
  expect(await stat(file)).toMatchObject({ ino: (await stat(other)).ino, nlink: 2 });
  expect(await readFile(file, "utf8")).toBe("long text\n");
});

test("a file with one name is replaced at once, and keeps its group", async () => {
  const server = await startProjectServer(newLife());
  const file = join(server.home, "a.txt");
  await writeFile(file, "text", { mode: 0o604 });
  const groups = process.getuid?.() === 0 ? [4_711] : (process.getgroups?.() ?? []);
  const group = groups.find((one) => one !== process.getgid?.());
  if (group !== undefined) await chown(file, -1, group);
  const { ino, gid, mode } = await lstat(file);
  const ada = await openTestDocument(await server.connect(), "a.txt");
  ada.insert(0, "more ");
  await until(async () => (await readFile(file, "utf8")) === "more text");
  await until(() => ada.states.at(-1)?.saved === true);
  const now = await lstat(file);
  expect({ gid: now.gid, mode: now.mode }).toEqual({ gid, mode });
  expect(now.ino === ino).toBe(ada.states.at(-1)?.inPlace !== undefined);
});

test("a writing in place that a crash cut off is finished, at whatever byte, and is not taken for an edit", async () => {
  const root = await temporaryFolder(newLife(), "project");
  const home = join(root, "home");
  await mkdir(home, { recursive: true });
  const [was, becomes] = [Buffer.from("é old old old\n"), Buffer.from("new — new\n")];
  const store = new DocumentStore(home);
  const folder = store.folderOf("home:a.txt");
  await mkdir(folder, { recursive: true });
  await store.markOpen(folder);
  await new InPlaceJournal(folder).begin({ was, becomes });
  await writeFile(join(home, "a.txt"), Buffer.concat([becomes.subarray(0, 5), was.subarray(5)])); // half of the dash
  const server = await startProjectServer(newLife(), { root });
  const ada = await openTestDocument(await server.connect(), "a.txt");
  expect(ada.text).toBe("new — new\n");
  expect(await readFile(join(home, "a.txt"))).toEqual(becomes);
});

test("any beginning of the new bytes over the old ones is a mixture; anybody's own text is not", () => {
  const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
  fc.assert(
    fc.property(bytes, bytes, fc.nat(40), (was, becomes, length) => {
      const written = becomes.subarray(0, length);
      const now = Buffer.concat([written, was.subarray(written.length)]);
      expect(isMixtureOf(now, { was, becomes })).toBe(!now.equals(becomes));
    }),
  );
  const writing = { was: Buffer.from("one two"), becomes: Buffer.from("one three") };
  expect(isMixtureOf(Buffer.from("one two"), writing)).toBe(true);
  for (const own of ["one four", "one", "one three"]) expect(isMixtureOf(Buffer.from(own), writing)).toBe(false);
});
