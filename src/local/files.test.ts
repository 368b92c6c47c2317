import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { temporaryFolder } from "../../test/helpers/folder.ts";
import { testLives } from "../../test/helpers/life.ts";
import { makeFolder } from "./files.ts";

const newLife = testLives();

test("folders are made with those above them, by several at once, and one that is there is as good", async () => {
  const folder = await temporaryFolder(newLife(), "make-folder");
  await Promise.all(["a/b/c", "a/b/d", "a/b/c", "a"].map((path) => makeFolder(join(folder, path), 0o700)));
  expect((await stat(join(folder, "a/b"))).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, "a/b/d"))).isDirectory()).toBe(true);
});

test("a folder below a file or below /proc: refused at once, where Node's own way never returned", async () => {
  const folder = await temporaryFolder(newLife(), "make-folder");
  await mkdir(join(folder, "x"));
  await writeFile(join(folder, "x/file"), "");
  await expect(makeFolder(join(folder, "x/file"))).rejects.toMatchObject({ code: "EEXIST" });
  await expect(makeFolder(join(folder, "x/file/y/z"))).rejects.toMatchObject({ code: "ENOTDIR" });
  if (process.platform === "linux")
    for (const path of ["/proc/cocalc", "/proc/cocalc/data/x"])
      await expect(makeFolder(path)).rejects.toMatchObject({ code: "ENOENT" });
});
