/** What a project may use: column `projects.run_quota`, and what a running project would have by now. */

import { z } from "zod";
import { isoTime } from "./common.ts";

/**
 * Name of an extended resource: a domain, and in it a name. Those of Kubernetes itself are no devices, and `requests.` is how it names their
 * quotas: in the place of a GPU they would change what a project may use of memory and cpu.
 */
const DEVICE =
  /^(?!requests\.)(?!(?:[^/]*\.)?kubernetes\.io\/)[a-z0-9]([-a-z0-9.]{0,250}[a-z0-9])?\/[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;

/** Of one project. */
export const MOST_GPUS = 64;

/** `toleration` and `nodeLabel` as "key=value"; without `resource`, nvidia.com/gpu. */
export const gpuQuota = z.looseObject({
  num: z.number().int().min(1).max(MOST_GPUS).default(1),
  toleration: z.string().max(400).optional(),
  nodeLabel: z.string().max(400).optional(),
  resource: z
    .string()
    .max(300)
    .regex(DEVICE, "must be the name of a device with its domain, such as nvidia.com/gpu")
    .optional(),
});
export type GpuQuota = z.infer<typeof gpuQuota>;

/** Memory and disk in MB, cpu in cores, idle_timeout in seconds. */
export const runQuota = z.object({
  network: z.boolean(),
  member_host: z.boolean(),
  always_running: z.boolean(),
  privileged: z.boolean(),
  disk_quota: z.number(),
  memory_limit: z.number(),
  memory_request: z.number(),
  cpu_limit: z.number(),
  cpu_request: z.number(),
  idle_timeout: z.number(),
  dedicated_vm: z.union([z.literal(false), z.looseObject({ name: z.string().optional(), machine: z.string() })]),
  dedicated_disks: z.array(z.looseObject({})),
  gpu: z.union([z.literal(false), gpuQuota]),
  /** Present only where it is so: the shared software may be written. */
  ext_rw: z.literal(true).optional(),
  /** RFC 6902 operations on the pod, applied last. */
  patch: z.array(z.looseObject({})).optional(),
  /** Name of the pool of machines that are for this project. */
  pool: z.string().optional(),
});
export type RunQuota = z.infer<typeof runQuota>;

/** Why a running project does not have its quota yet. */
export const pendingReason = z.enum([
  /** Nothing but a restart brings it. */
  "restart",
  /** The cluster is at it. */
  "under_way",
  /** Its machine has not the room. */
  "no_room",
  /** The new limit is below what is in use. */
  "memory_in_use",
  /** The cluster cannot change a pod that runs. */
  "unsupported",
  /** A licence has ended: lowered at the next start, since nobody asked for it. */
  "next_start",
  "refused",
]);
export type PendingReason = z.infer<typeof pendingReason>;

/** Column `projects.pending_quota`; NULL: the project has what it may have, or does not run. */
export const pendingQuota = z.object({
  /** What it would have after a restart. */
  quota: runQuota,
  reason: pendingReason,
  /** For the user. */
  message: z.string(),
  kubernetes_reason: z.string().nullable(),
  time: isoTime,
});
export type PendingQuota = z.infer<typeof pendingQuota>;
