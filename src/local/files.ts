/** Folders of the local instance, and its small files: written whole or not at all, secrets for the owner alone. */

import { mkdir, open, readFile, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "../core/errors.ts";

/** Writes a file atomically: who reads it, also after a crash, sees the old or the new content. */
export async function writeAtomically(path: string, text: string, mode = 0o600): Promise<void> {
  const next = `${path}.next`;
  const file = await open(next, "w", mode);
  try {
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
}

/** The text of a file, undefined when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Makes a folder, and those above it; one that is there is as good. Node's recursive mkdir never returns where nothing can be made: below /proc. */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  const make = async () => {
    try {
      await mkdir(path, mode);
    } catch (error) {
      const isThere = await stat(path).then(
        (found) => found.isDirectory(),
        () => false,
      );
      if (!isThere) throw error;
    }
  };
  try {
    await make();
  } catch (error) {
    const above = dirname(path);
    if (codeOf(error) !== "ENOENT" || above === path) throw error;
    await makeFolder(above, mode);
    await make();
  }
}
