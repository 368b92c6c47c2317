/** A file stays what it is when it is saved; where that means writing in place, a crash in the middle loses nothing. */

import { chown, link, lstat, mkdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { listAttributes, setAttribute } from "@napi-rs/xattr";
import fc from "fast-check";
import { toWire } from "../../../src/files/places.ts";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { openTestDocument } from "../../../test/helpers/project-document.ts";
import { startProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";
import { textContent } from "./document-content.ts";
import { DocumentFile } from "./document-file.ts";
import { DocumentStore } from "./document-store.ts";
import { InPlaceJournal, isMixtureOf } from "./in-place-journal.ts";

const newLife = testLives();
const YES_OR_NO = [() => true, () => false] as const;
const WAS = Buffer.from("é old old old\n");

/** A home whose file `a.txt` a crash left half written. */
async function halfWritten() {
  const root = await temporaryFolder(newLife(), "project");
  const home = join(root, "home");
  await mkdir(home, { recursive: true });
  const [was, becomes] = [WAS, Buffer.from("new — new\n")];
  const store = new DocumentStore(home);
  const folder = store.folderOf("home:a.txt");
  await mkdir(folder, { recursive: true });
  await store.markOpen(folder);
  await new InPlaceJournal(folder).begin({ was, becomes });
  await writeFile(join(home, "a.txt"), Buffer.concat([becomes.subarray(0, 5), was.subarray(5)])); // half of the dash
  return { root, home, becomes };
}

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

test("a file with one name is replaced at once, and keeps its group, mode and attributes", async () => {
  const server = await startProjectServer(newLife());
  const file = join(server.home, "a.txt");
  await writeFile(file, "text", { mode: 0o604 });
  const groups = process.getuid?.() === 0 ? [4_711] : (process.getgroups?.() ?? []);
  const group = groups.find((one) => one !== process.getgid?.());
  if (group !== undefined) await chown(file, -1, group);
  await setAttribute(file, "user.note", "mine").catch(() => {}); // a file system without them has none to lose
  const attributes = await listAttributes(file);
  const ada = await openTestDocument(await server.connect(), "a.txt");
  for (const text of ["more text", "and more text"]) {
    const { ino, gid, mode } = await lstat(file);
    ada.insert(0, text.slice(0, text.length - ada.text.length));
    await ada.client.ask("document_save", { path: "a.txt" });
    const now = await lstat(file);
    expect(await readFile(file, "utf8")).toBe(text);
    expect({ gid: now.gid, mode: now.mode, attributes: await listAttributes(file) }).toEqual({ gid, mode, attributes });
    expect(now.ino).not.toBe(ino);
  }
  expect(ada.states.at(-1)?.inPlace).toBeUndefined();
});

test("a file that is reached by a link is replaced where it is, and the link stays one", async () => {
  const server = await startProjectServer(newLife());
  const file = join(server.home, "folder", "a.txt");
  await mkdir(join(server.home, "folder"));
  await writeFile(file, "text");
  await symlink("folder/a.txt", join(server.home, "link.txt"));
  const { ino } = await lstat(file);
  const ada = await openTestDocument(await server.connect(), "link.txt");
  ada.insert(0, "more ");
  await ada.client.ask("document_save", { path: "link.txt" });
  expect(await readlink(join(server.home, "link.txt"))).toBe("folder/a.txt");
  expect(await readFile(file, "utf8")).toBe("more text");
  expect((await lstat(file)).ino).not.toBe(ino);
});

test("a file whose name is not UTF-8 is written in place, since its attributes cannot be told", async () => {
  const server = await startProjectServer(newLife());
  const name = Buffer.from("caf\xe9.txt", "latin1");
  const [file, path] = [Buffer.concat([Buffer.from(`${server.home}/`), name]), toWire(name)];
  const isTaken = await writeFile(file, "text").then(...YES_OR_NO);
  if (!isTaken) return expect(process.platform).toBe("darwin"); // which takes no such names
  const { ino } = await lstat(file);
  const ada = await openTestDocument(await server.connect(), path);
  ada.insert(0, "more ");
  await ada.client.ask("document_save", { path });
  expect(await readFile(file, "utf8")).toBe("more text");
  expect((await lstat(file)).ino).toBe(ino);
  await until(() => ada.states.at(-1)?.inPlace?.includes("attributes") === true);
});

test("a writing in place that a crash cut off is finished, at whatever byte, and is not taken for an edit", async () => {
  const { root, home, becomes } = await halfWritten();
  const server = await startProjectServer(newLife(), { root });
  const ada = await openTestDocument(await server.connect(), "a.txt");
  expect(ada.text).toBe("new — new\n");
  expect(await readFile(join(home, "a.txt"))).toEqual(becomes);
});

test.each([
  ["a longer one", WAS, Buffer.from("new — new — new — new\n")],
  ["a shorter one", WAS, Buffer.from("—\n")],
])("a crash while a text becomes %s is mended at whatever byte it was", async (_, was, becomes) => {
  const home = await temporaryFolder(newLife(), "home");
  const [path, folder] = [join(home, "a.txt"), join(home, "log")];
  await mkdir(folder);
  const file = new DocumentFile(
    { home, ext: home, data: home, tmp: home },
    { place: "home", names: [Buffer.from("a.txt")] },
    textContent.limit,
  );
  const journal = new InPlaceJournal(folder);
  // as `overwrite` does it: what is longer first, then from the front on, and what is too much goes last
  const longer = Array.from({ length: Math.max(0, becomes.length - was.length) }, (_, more) =>
    Buffer.concat([was, becomes.subarray(was.length, was.length + more)]),
  );
  const grown = Buffer.concat([was, becomes.subarray(was.length)]);
  const front = Array.from({ length: Math.min(was.length, becomes.length) + 1 }, (_, done) =>
    Buffer.concat([becomes.subarray(0, done), grown.subarray(done)]),
  );
  for (const half of [...longer, ...front]) {
    await journal.begin({ was, becomes });
    await writeFile(path, half);
    expect(await file.mend(folder)).toBeUndefined();
    expect(await readFile(path)).toEqual(becomes);
    expect(await journal.isThere()).toBe(false);
  }
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
