/** File systems mounted for a test, where this process may: as root, in a container that was given the right. */

import { execFile } from "node:child_process";
import { mkdir, stat } from "node:fs/promises";
import { promisify } from "node:util";
import type { Life } from "../../src/core/life.ts";

export const run = promisify(execFile);

/** Mounts at a path until the life ends; false where it may not. `what`: the words for `mount` before the path. */
export async function mounted(life: Life, at: string, what: readonly string[]): Promise<boolean> {
  if ((await stat(at).catch(() => undefined)) === undefined) await mkdir(at, { recursive: true });
  try {
    await run("mount", [...what, at]);
  } catch {
    return false;
  }
  life.defer(`mount at ${at}`, async () => {
    await run("umount", ["-l", at]).catch(() => {}); // a test may have done it
  });
  return true;
}
