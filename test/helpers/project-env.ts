/** The environment with which the role `project` starts by itself, outside of any pod. */

import { randomUUID } from "node:crypto";
import type { Life } from "../../src/core/life.ts";
import { temporaryFolder } from "./folder.ts";
import { projectEnvironment, testHub } from "./project-server.ts";

/** Variables for a project with folders of its own, removed when the life stops. */
export async function projectEnv(life: Life): Promise<Record<string, string>> {
  const root = await temporaryFolder(life, "project");
  return projectEnvironment(root, { projectId: randomUUID(), hub: await testHub() });
}
