/** Small files of the local instance: written whole or not at all, secrets for the owner alone. */

import { open, readFile, rename } from "node:fs/promises";

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
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** The system's code of an error, such as ENOENT. Looks at the shape: Node's own errors are of another realm inside jest. */
export function errorCode(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}
