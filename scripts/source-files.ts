/** What scripts and tests ask about files of the repository: whether they are there, and how new they are. */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Whether something stands at `path`. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Time in ms since the epoch of the newest file at or below a path; 0 where there is none. Tests do not count. */
export async function newestFileMs(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined); // what is not there is not newer
  if (found === undefined || /\.test\.tsx?$/.test(path)) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  const names = await readdir(path);
  return Math.max(0, ...(await Promise.all(names.map((name) => newestFileMs(join(path, name))))));
}
