/** Temporary folders of tests, removed with the life they belong to. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Life } from "../../src/core/life.ts";

/** Makes an empty folder that is gone when the life is. */
export async function temporaryFolder(life: Life): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "cocalc-test-"));
  life.defer("temporary folder", () => rm(folder, { recursive: true, force: true }));
  return folder;
}
