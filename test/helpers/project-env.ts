/** The environment with which the role `project` starts by itself, outside of any pod. */

import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Life } from "../../src/core/life.ts";
import { projectEnvironment, testHub } from "./project-server.ts";

/** Variables for a project with folders of its own, removed when the life stops. */
export async function projectEnv(life: Life): Promise<Record<string, string>> {
  const root = await mkdtemp(join(tmpdir(), "cocalc-project-"));
  life.defer("project's folders", () => rm(root, { recursive: true, force: true }));
  return projectEnvironment(root, { projectId: randomUUID(), hub: await testHub() });
}
