/** Temporary folders of tests, removed with the life they belong to. */

import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Life } from "../../src/core/life.ts";

/** Makes an empty folder that is gone when the life is; its path is as the system resolves it, `of` stands in its name. */
export async function temporaryFolder(life: Life, of = "test"): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), `cocalc-${of}-`)));
  life.defer(`folder ${folder}`, () => rm(folder, { recursive: true, force: true }));
  return folder;
}
