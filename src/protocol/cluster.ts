/** What a site tells its administrators of the cluster: its nodes as manage-state sees them, and the queue of starts as manage-action leads it. */

import { z } from "zod";
import { isoTime } from "./common.ts";

/** Not told anew for so long, by roles that tell every minute: they do not run, or reach nothing, and what they told is not believed any more. */
export const TOLD_OLD_MS = 180_000;

/** Is it the key of a label by which Kubernetes and its parts tell nodes apart? */
export function isOfKubernetes(key: string): boolean {
  return /(^|\.)(kubernetes|k8s)\.io\//.test(key);
}

/** How much of what a node has: cpu in cores, memory in bytes; `extended` by the resource's name, such as nvidia.com/gpu. */
export const nodeAmounts = z.object({
  cpu: z.number(),
  memory: z.number(),
  pods: z.number(),
  extended: z.record(z.string(), z.number()),
});
export type NodeAmounts = z.infer<typeof nodeAmounts>;

/** What a node runs out of, by its own word. */
export const nodePressure = z.enum(["memory", "disk", "pids", "network"]);
export type NodePressure = z.infer<typeof nodePressure>;

export const nodeSummary = z.object({
  name: z.string(),
  ready: z.boolean(),
  /** Not cordoned. */
  schedulable: z.boolean(),
  pressure: z.array(nodePressure),
  taints: z.array(z.object({ key: z.string(), value: z.string(), effect: z.string() })),
  labels: z.record(z.string(), z.string()),
  allocatable: nodeAmounts,
  /** Requested by the pods of projects. */
  requested: nodeAmounts,
  /** Requested by every pod, of whatever namespace; null: those of others are not counted. */
  requested_by_all: nodeAmounts.nullable(),
  /** One name of each image that it has, some of them. */
  images: z.array(z.string()),
  images_left_out: z.number(),
});
export type NodeSummary = z.infer<typeof nodeSummary>;

/**
 * Do the pods of other namespaces count in how full nodes are? Not where nobody asked for it, nor where the cluster refuses their list;
 * `not yet`: they have not been listed so far, or cannot be for the moment.
 */
export const allPods = z.enum(["counted", "not asked", "refused", "not yet"]);
export type AllPods = z.infer<typeof allPods>;

/** Fact `nodes`, written by manage-state. `left_out`: nodes beyond the most that are told; `refused`: it may not see nodes, so none is told. */
export const nodesFact = z.object({
  nodes: z.array(nodeSummary),
  left_out: z.number(),
  all_pods: allPods,
  refused: z.boolean(),
});
export type NodesFact = z.infer<typeof nodesFact>;

/** Fact `queue`, written by manage-action: how many starts may be in flight, are, and wait; `nodes` that could take them, if known. */
export const queueFact = z.object({
  limit: z.number(),
  held: z.number(),
  waiting: z.number(),
  nodes: z.number().nullable(),
  per_node: z.number(),
  at_most: z.number(),
});
export type QueueFact = z.infer<typeof queueFact>;

/** Each with the moment when it was last told; null: never yet. */
export const clusterView = z.object({
  nodes: nodesFact.extend({ time: isoTime }).nullable(),
  queue: queueFact.extend({ time: isoTime }).nullable(),
});
export type ClusterView = z.infer<typeof clusterView>;
