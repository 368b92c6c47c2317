/** A start as people see it: phases with their times, the place in the queue, and why it waits. */

import { z } from "zod";
import { isoTime, uuid } from "./common.ts";

/** Phases in their order. A phase is over when it has a time. */
export const startPhases = ["requested", "picked_up", "applied", "scheduled", "pulled", "started", "ready"] as const;
export type StartPhase = (typeof startPhases)[number];

/** Why a start waits or failed; the words beside it are for the user. */
export const startReason = z.enum([
  "queued",
  "no_room",
  "image_pulling",
  "image_pull_failed",
  "volume_failed",
  "setup_failed",
  "variables_too_large",
  "crashed",
  "out_of_memory",
  "evicted",
  "node_dead",
  "template_invalid",
  "patch_refused",
  "deadline",
  "cancelled",
  "project_deleted",
  "cluster_unavailable",
  "other",
]);
export type StartReason = z.infer<typeof startReason>;

export const startOutcome = z.enum(["running", "failed", "cancelled"]);

/** The latest start of a project. `phases` holds only what has been reached. */
export const projectStart = z.object({
  project_id: uuid,
  ticket: z.number(),
  phases: z.partialRecord(z.enum(startPhases), isoTime),
  ended: isoTime.nullable(),
  outcome: startOutcome.nullable(),
  reason: startReason.nullable(),
  /** For the user. */
  message: z.string().nullable(),
  /** Kubernetes' own words; null also for those who may not control the project. */
  kubernetes_reason: z.string().nullable(),
  /** 1 is next; null when it is not queued. Computed when asked. */
  position: z.number().nullable(),
  /** In rescue mode. */
  rescue: z.boolean(),
  /** When it will probably be ready, from how long the latest starts took; null when it is over, or nobody can tell. Computed when asked. */
  expected: isoTime.nullable(),
});
export type ProjectStart = z.infer<typeof projectStart>;
