/** Uploads that write over a file: also where its folder is closed for writing, and whole after a kill in the middle. */

import { chmod, chown, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { temporaryFolder } from "../../test/helpers/folder.ts";
import { testLives } from "../../test/helpers/life.ts";
import { finishOverwriting } from "./overwriting.ts";
import type { PlacePath, Places } from "./places.ts";
import { Uploads } from "./uploads.ts";
import { writeFile as put } from "./write.ts";

const newLife = testLives();
const isRoot = process.getuid?.() === 0;
const ANYBODY = 54_321;

/** A home with the file `d/file`, in a folder that is closed for writing. */
async function closedFolder() {
  const life = newLife();
  const home = await temporaryFolder(life, "home");
  const places: Places = { home, ext: home, data: home, tmp: home };
  const path: PlacePath = { place: "home", names: [Buffer.from("d"), Buffer.from("file")] };
  const file = join(home, "d", "file");
  await mkdir(join(home, "d"));
  await writeFile(file, "old old old", { mode: 0o644 });
  await chmod(join(home, "d"), 0o555);
  life.defer("rights", async () => {
    if (isRoot) process.seteuid?.(0);
    await chmod(join(home, "d"), 0o755); // so that it can be removed
  });
  if (isRoot) {
    for (const own of [home, join(home, "d"), file]) await chown(own, ANYBODY, ANYBODY);
    process.seteuid?.(ANYBODY); // whom permissions bind
  }
  return { home, places, path, file };
}

async function* bodyOf(text: string) {
  yield Buffer.from(text);
}

test("an upload over a file in a folder that is closed for writing is written in place, and that is said", async () => {
  const { places, path, file, home } = await closedFolder();
  const entry = await put(places, path, { body: bodyOf("new"), ifMatch: "*" });
  expect(entry).toMatchObject({ size: 3, inPlace: "no new file can be made in its folder" });
  expect(await readFile(file, "utf8")).toBe("new");
  const other = { ...path, names: [Buffer.from("d"), Buffer.from("other")] };
  await expect(put(places, other, { body: bodyOf("new"), ifNoneMatch: "*" })).rejects.toMatchObject({
    code: "forbidden",
  });
  expect(await readdir(join(home, ".cocalc", "in-place"))).toEqual([]);
});

test("parts of an upload over a file in a folder that is closed for writing go on where they were", async () => {
  const { places, path, file, home } = await closedFolder();
  const upload = { path, owner: "ada", key: "key-of-a-file", size: 6 };
  const part = (offset: number, text: string) => ({ offset, body: bodyOf(text), cut: () => {}, ifMatch: "*" });
  expect(await new Uploads(places).add(upload, part(0, "new"))).toEqual({ offset: 3 });
  const later = new Uploads(places); // after a restart
  expect(await later.stateOf(upload)).toEqual({ offset: 3 });
  expect(await later.add(upload, part(3, "new"))).toMatchObject({
    offset: 6,
    entry: { size: 6, inPlace: expect.stringContaining("folder") },
  });
  expect(await readFile(file, "utf8")).toBe("newnew");
  expect(await readdir(join(home, ".cocalc", "uploads"))).toEqual([]);
});

/** A home in which a server was killed while `a` was written over; `now` is what it holds since. */
async function killedWhileWriting({ was, becomes, now }: Record<"was" | "becomes" | "now", string>) {
  const home = await temporaryFolder(newLife(), "home");
  const folder = join(home, ".cocalc", "in-place", "of-a-server-before");
  await mkdir(folder, { recursive: true });
  const note = JSON.stringify({ path: "a" });
  for (const [name, text] of Object.entries({ was, becomes, "note.json": note }))
    await writeFile(join(folder, name), text);
  await writeFile(join(home, "a"), now);
  await finishOverwriting({ home, ext: home, data: home, tmp: home });
  expect(await readdir(join(home, ".cocalc", "in-place"))).toEqual([]);
  return readFile(join(home, "a"), "utf8");
}

test.each([
  ["a longer one", "old old", "new new new"],
  ["a shorter one", "old old old", "new"],
])(
  "an upload over a file that becomes %s and was cut by a kill is finished, at whatever byte it was",
  async (_, was, becomes) => {
    const grown = was + becomes.slice(was.length);
    const longer = Array.from({ length: grown.length - was.length + 1 }, (_, more) =>
      grown.slice(0, was.length + more),
    );
    const front = Array.from(
      { length: Math.min(was.length, becomes.length) + 1 },
      (_, done) => becomes.slice(0, done) + grown.slice(done),
    );
    for (const now of [...longer, ...front, becomes])
      expect(await killedWhileWriting({ was, becomes, now })).toBe(becomes);
  },
);

test("what somebody wrote since into a file whose upload was cut by a kill stays", async () => {
  for (const now of ["mine", "old mine", "new mine and more"])
    expect(await killedWhileWriting({ was: "old old old", becomes: "new new new", now })).toBe(now);
});
