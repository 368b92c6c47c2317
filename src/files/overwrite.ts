/** Writes over what a file holds so that it is either written or as it was, also where there is no room: never the half of each. */

import type { FileHandle } from "node:fs/promises";

interface Change {
  /** All that the file holds. */
  was: Buffer;
  becomes: Buffer;
}

type Overwritten = Pick<FileHandle, "write" | "truncate" | "sync">;

/**
 * What is longer comes first, as that alone may want room. `whole` is called when it is written, and when it is as it was after an error;
 * where it is never called the file holds some of both. @throws what the system says
 */
export async function overwrite(
  file: Overwritten,
  { was, becomes }: Change,
  whole: () => Promise<void>,
): Promise<void> {
  try {
    await writeAt(file, becomes, was.length);
    await writeAt(file, becomes.subarray(0, was.length), 0);
    await file.truncate(becomes.length);
    await file.sync();
  } catch (error) {
    await file.truncate(was.length); // gives room back first
    await writeAt(file, was, 0);
    await file.sync();
    await whole();
    throw error;
  }
  await whole();
}

/** Writes the bytes from this place on to where they belong. */
async function writeAt(file: Overwritten, bytes: Buffer, from: number): Promise<void> {
  for (let at = from; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
}
