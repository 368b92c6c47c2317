/** A file stays what it is when it is saved; where that means writing in place, a crash in the middle loses nothing. */

import { chown, link, lstat, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { mounted, run } from "../../../test/helpers/mount.ts";
import { openTestDocument } from "../../../test/helpers/project-document.ts";
import { startProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";
import { DocumentStore } from "./document-store.ts";
import { InPlaceJournal, isMixtureOf } from "./in-place-journal.ts";

const newLife = testLives();

/** A home whose file `a.txt` a crash left half written. */
async function halfWritten() {
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

test("a full disk takes nothing from a file that is written in place, nor from its document, and it is not said to be saved", async () => {
  const root = await temporaryFolder(newLife(), "project");
  const home = join(root, "home");
  if (!(await mounted(newLife(), home, ["-t", "tmpfs", "-o", "size=2m", "tmpfs"]))) return;
  const server = await startProjectServer(newLife(), { root });
  const [file, filler] = [join(home, "a.txt"), join(home, "filler")];
  const text = "a line\n".repeat(10_000);
  await writeFile(file, text);
  await link(file, join(home, "b.txt"));
  const ada = await openTestDocument(await server.connect(), "a.txt");
  await writeFile(filler, Buffer.alloc(4_000_000)).catch(() => {}); // as much as there is room for
  ada.insert(0, "more\n".repeat(100_000));
  await until(() => ada.states.at(-1)?.error?.includes("There is no room left on the disk for a.txt") === true);
  for (let again = 0; again < 3; again++) {
    const answer = await ada.client.tryToAsk("document_save", { path: "a.txt" });
    expect(answer).toMatchObject({ ok: false });
  }
  expect(await readFile(file, "utf8")).toBe(text);
  expect(ada.text).toBe("more\n".repeat(100_000) + text);
  expect(ada.states.at(-1)).toMatchObject({
    saved: false,
    error: expect.stringContaining("There is no room left on the disk for a.txt"),
  });
  await rm(filler);
  await until(() => ada.states.at(-1)?.saved === true);
  expect(await readFile(join(home, "b.txt"), "utf8")).toBe(ada.text);
});

test("a half written file that may only be read by now is opened as it was meant, and finished when it may be written", async () => {
  const { root, home, becomes } = await halfWritten();
  const file = join(home, "a.txt");
  const half = await readFile(file);
  if (!(await mounted(newLife(), file, ["--bind", "-o", "ro", file]))) return;
  const server = await startProjectServer(newLife(), { root });
  const ada = await openTestDocument(await server.connect(), "a.txt");
  expect(ada.text).toBe(becomes.toString());
  await until(() => ada.states.at(-1)?.readOnly !== undefined);
  expect(ada.states.at(-1)?.saved).toBe(false);
  expect(await readFile(file)).toEqual(half);
  await run("umount", [file]);
  await until(async () => (await readFile(file)).equals(becomes));
  await until(() => ada.states.at(-1)?.saved === true && ada.states.at(-1)?.error === undefined);
});

test("a writing in place that a crash cut off is finished, at whatever byte, and is not taken for an edit", async () => {
  const { root, home, becomes } = await halfWritten();
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
