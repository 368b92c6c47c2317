/** The cluster in words: what speaks against a node, how full it is, how the queue stands. Pure. */

import { memoryWords } from "../../domain/quotas/memory-words-rules.ts";
import {
  type AllPods,
  type ClusterView,
  isOfKubernetes,
  type NodeSummary,
  TOLD_OLD_MS,
} from "../../protocol/cluster.ts";
import { countOf } from "./format.ts";

/** Is what was told too old to be believed? `now` in ms since the epoch. */
export function isOld(told: { time: string }, now: number): boolean {
  return now - Date.parse(told.time) > TOLD_OLD_MS;
}

/** The labels that administrators have given a node, such as `cocalc-pool=gpu`. */
export function labelsOf({ labels }: NodeSummary): string[] {
  const own = Object.entries(labels).filter(([key]) => !isOfKubernetes(key));
  return own.map(([key, value]) => (value === "" ? key : `${key}=${value}`));
}

/** What keeps projects from a node, or will; empty: nothing. */
export function troublesOf({ ready, schedulable, pressure, taints }: NodeSummary): string[] {
  return [
    ...(ready ? [] : ["not ready"]),
    ...(schedulable ? [] : ["closed to new projects (cordoned)"]),
    ...pressure.map((one) => (one === "network" ? "its network is not set up" : `short of ${one}`)),
    ...taints.map(({ key, value, effect }) => `only for who tolerates ${key}${value && `=${value}`} (${effect})`),
  ];
}

const NOT_COUNTED: Readonly<Record<AllPods, string | undefined>> = {
  counted: undefined,
  "not asked":
    "Pods of other namespaces are not counted, so nodes may be fuller than is shown. COCALC_COUNT_ALL_PODS=yes for manage-state counts them; its account needs a ClusterRole for that, with list of pods.",
  refused:
    "Pods of other namespaces are to be counted (COCALC_COUNT_ALL_PODS), but the cluster does not let manage-state list them, so nodes may be fuller than is shown. Give its account a ClusterRole with list of pods, as docs/reference/roles.md says.",
  "not yet":
    "Pods of other namespaces cannot be counted at the moment, so nodes may be fuller than is shown. manage-state tries again every minute.",
};

/** That nodes may be fuller than is shown, why, and what to do; undefined where all pods count. */
export function notCountedWords(allPods: AllPods): string | undefined {
  return NOT_COUNTED[allPods];
}

export interface Filling {
  what: string;
  /** By the pods of projects, by all pods where those ask for more, and what there is; in words. */
  words: string;
  /** Of a hundred; of all pods where they are counted. */
  percent: number;
}

/** How much of a node is asked for. */
export function fillingsOf({ allocatable, requested, requested_by_all: all }: NodeSummary): Filling[] {
  const one = (
    what: string,
    ours: number,
    everybody: number | undefined,
    there: number,
    show: (value: number) => string = String,
  ): Filling => ({
    what,
    words: `${show(ours)} by projects${(everybody ?? ours) === ours ? "" : `, ${show(everybody ?? ours)} by all`}, of ${show(there)}`,
    percent: there === 0 ? 0 : Math.min(100, (100 * (everybody ?? ours)) / there),
  });
  const cores = (value: number) => value.toLocaleString("en", { maximumFractionDigits: 2 });
  return [
    one("Processor cores", requested.cpu, all?.cpu, allocatable.cpu, cores),
    one("Memory", requested.memory, all?.memory, allocatable.memory, memoryWords),
    one("Pods", requested.pods, all?.pods, allocatable.pods),
    ...Object.entries(allocatable.extended).map(([name, there]) =>
      one(name, requested.extended[name] ?? 0, all === null ? undefined : (all.extended[name] ?? 0), there),
    ),
  ];
}

/** How many starts are under way and wait, and what bounds them. */
export function queueWords(queue: NonNullable<ClusterView["queue"]>): string {
  const { held, limit, waiting, nodes, per_node, at_most } = queue;
  const why =
    nodes === null
      ? `${at_most} in all`
      : `${per_node} for each of ${countOf(nodes, "node that takes", "nodes that take")} projects, ${at_most} in all`;
  return `${countOf(held, "start is", "starts are")} in flight of ${limit} that may be (${why}); ${
    waiting === 0 ? "nobody waits" : `${countOf(waiting, "waits", "wait")} for a turn`
  }.`;
}
