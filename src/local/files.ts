/** Small files of the local instance: written whole or not at all, secrets for the owner alone. */

import { open, readFile, rename } from "node:fs/promises";
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
