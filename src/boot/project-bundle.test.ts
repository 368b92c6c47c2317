/** The bundle of a project's server, as main finds it: with a code cache, without one, and with one that does not fit. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { temporaryFolder } from "../../test/helpers/folder.ts";
import { testLives } from "../../test/helpers/life.ts";
import { codeCacheFile, loadProjectBundle } from "./project-bundle.ts";

const newLife = testLives();
const SOURCE = 'exports.runProject = async () => require("node:path").basename(__filename); // the code of a role';

async function bundleFolder(source = SOURCE): Promise<string> {
  const folder = await temporaryFolder(newLife(), "bundle");
  await writeFile(join(folder, "project.cjs"), source);
  return folder;
}

const ran = (folder: string) => loadProjectBundle(folder)?.run({ early: undefined, codeCache: undefined });

test("from source there is no bundle", async () => {
  expect(loadProjectBundle(await temporaryFolder(newLife(), "bundle"))).toBeUndefined();
});

test("its own code cache is taken", async () => {
  const folder = await bundleFolder();
  const first = loadProjectBundle(folder);
  expect(first?.codeCache).toBe("missing");
  await writeFile(codeCacheFile(folder), first?.script.createCachedData() ?? "");
  expect(loadProjectBundle(folder)?.codeCache).toBe("taken");
  expect(await ran(folder)).toBe("project.cjs");
});

test.each(["of other code", "cut off", "empty"])(
  "a code cache that is %s is refused, and the server starts all the same",
  async (how) => {
    const folder = await bundleFolder();
    // Made in another folder: V8 keeps in memory what it compiled of a file, and would not look at the cache.
    const other = await bundleFolder(how === "of other code" ? `${SOURCE}!` : SOURCE);
    const made = loadProjectBundle(other)?.script.createCachedData() ?? Buffer.alloc(0);
    const written = { "cut off": made.subarray(0, made.length - 8), empty: Buffer.alloc(0) }[how] ?? made;
    await writeFile(codeCacheFile(folder), written);
    expect(loadProjectBundle(folder)?.codeCache).toBe("refused");
    expect(await ran(folder)).toBe("project.cjs");
  },
);
