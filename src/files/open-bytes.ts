/** Opens a path that may be bytes, as names on a disk are. */

import { type FileHandle, open } from "node:fs/promises";

/** As `open` of Node, which takes bytes; its types lag. */
export function openBytes(path: string | Buffer, flags: number, mode?: number): Promise<FileHandle> {
  return open(path as string, flags, mode);
}
