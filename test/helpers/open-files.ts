/** Which files this process has open, as its operating system tells. */

import { readdir, readlink } from "node:fs/promises";

/** Those below a folder, one for each descriptor. */
export async function openFilesBelow(folder: string): Promise<string[]> {
  const numbers = await readdir("/proc/self/fd");
  const paths = await Promise.all(numbers.map((number) => readlink(`/proc/self/fd/${number}`).catch(() => ""))); // closed meanwhile
  return paths.filter((path) => path.startsWith(`${folder}/`));
}
