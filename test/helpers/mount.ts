/** File systems mounted for a test, which only root may: for the second ring. */

import { execFile } from "node:child_process";
import { mkdir, stat } from "node:fs/promises";
import { promisify } from "node:util";
import type { Life } from "../../src/core/life.ts";

export const run = promisify(execFile);

/** Mounts at a path until the life ends. `what`: the words for `mount` before the path. */
export async function mount(life: Life, at: string, what: readonly string[]): Promise<void> {
  if ((await stat(at).catch(() => undefined)) === undefined) await mkdir(at, { recursive: true });
  await run("mount", [...what, at]);
  life.defer(`mount at ${at}`, async () => {
    await run("umount", ["-l", at]).catch(() => {}); // a test may have done it
  });
}
