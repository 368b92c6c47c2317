/** What manage-action reads from the environment. */

import { z } from "zod";
import { setting, wholeNumber } from "../../src/core/config.ts";
import { placementConfig } from "../../src/domain/project-pods/config.ts";
import { quotaConfig } from "../../src/domain/quotas/config.ts";
import { siteConfig } from "../../src/net/visitor/site.ts";

const seconds = (standard: number) => wholeNumber().min(1).max(86_400).default(standard);

export const manageActionConfig = z.object({
  basePath: siteConfig.shape.basePath,
  ...placementConfig.shape,
  ...quotaConfig.shape,
  startsInFlight: setting(
    "COCALC_STARTS_IN_FLIGHT",
    wholeNumber().min(1).max(100_000).default(500),
    "How many projects start at the same time at most, from the creation of the pod until it is ready; more wait in a queue that takes turns between owners and between licences.",
  ),
  startsPerNode: setting(
    "COCALC_STARTS_PER_NODE",
    wholeNumber().min(1).max(10_000).default(20),
    "How many projects start at the same time for each node that takes projects, within COCALC_STARTS_IN_FLIGHT.",
  ),
  concurrency: setting(
    "COCALC_MANAGE_CONCURRENCY",
    wholeNumber().min(1).max(1_000).default(64),
    "How many projects manage-action works on at the same time.",
  ),
  imageFailureSeconds: setting(
    "COCALC_START_IMAGE_FAILURE_SECONDS",
    seconds(120),
    "A start fails when its image could not be fetched for so long.",
  ),
  volumeFailureSeconds: setting(
    "COCALC_START_VOLUME_FAILURE_SECONDS",
    seconds(180),
    "A start fails when a volume could not be mounted for so long.",
  ),
  setupFailureSeconds: setting(
    "COCALC_START_SETUP_FAILURE_SECONDS",
    seconds(180),
    "A start fails when its machine could not set up the container or its network for so long.",
  ),
  refusalSeconds: setting(
    "COCALC_START_REFUSAL_SECONDS",
    seconds(180),
    "A start fails when its pod could not be made for so long while the cluster answered everything else.",
  ),
  prepareSeconds: setting(
    "COCALC_START_PREPARE_SECONDS",
    seconds(900),
    "A start fails when a node took so long to fetch its image and make its container.",
  ),
  readySeconds: setting(
    "COCALC_START_READY_SECONDS",
    seconds(180),
    "A start fails when its container ran for so long without becoming ready.",
  ),
  restarts: setting(
    "COCALC_START_RESTARTS",
    wholeNumber().min(0).max(100).default(2),
    "A start fails when its container crashed and was restarted so often.",
  ),
  resizeSeconds: setting(
    "COCALC_RESIZE_SECONDS",
    seconds(180),
    "What a running project may use by now is taken back, and left to a restart, when its machine did not give it for so long.",
  ),
  orphanSeconds: setting(
    "COCALC_ORPHAN_SECONDS",
    seconds(600),
    "How old a pod is at least when it is removed because its project is not in the database.",
  ),
  sweepSeconds: setting(
    "COCALC_MANAGE_SWEEP_SECONDS",
    seconds(60),
    "How often everything unfinished is looked for, in case a notification was lost.",
  ),
});

export type ManageActionConfig = z.infer<typeof manageActionConfig>;
