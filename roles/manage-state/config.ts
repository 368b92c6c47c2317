/** What manage-state reads from the environment. */

import { z } from "zod";
import { flag, setting, wholeNumber } from "../../src/core/config.ts";
import { projectServersConfig } from "../../src/domain/project-servers/config.ts";

export const manageStateConfig = z.object({
  ...projectServersConfig.shape,
  concurrency: setting(
    "COCALC_STATE_CONCURRENCY",
    wholeNumber().min(1).max(1_000).default(64),
    "How many projects' states are written at the same time.",
  ),
  countAllPods: setting(
    "COCALC_COUNT_ALL_PODS",
    flag().default(false),
    "Whether the pods of all namespaces count in what administrators see of nodes: yes takes the right to list pods in the whole cluster.",
  ),
  compareSeconds: setting(
    "COCALC_STATE_COMPARE_SECONDS",
    wholeNumber().min(1).max(86_400).default(60),
    "How often every project's state is compared with the cluster, both ways, besides after every list of pods.",
  ),
});

export type ManageStateConfig = z.infer<typeof manageStateConfig>;
