/** What is to be done next about a running project whose quota is not what it may have: from its pod and quotas as they are now. Pure. */

import { isDeepStrictEqual } from "node:util";
import { quantity } from "../../core/quantities.ts";
import type { Pod } from "../../kube/types.ts";
import type { PendingQuota, RunQuota } from "../../protocol/quotas.ts";
import { quotaChanges } from "../quotas/changes-rules.ts";
import { QUOTA_MB } from "../quotas/memory-words-rules.ts";
import { mainContainer, mainStatus } from "./container-rules.ts";
import { qosOf } from "./qos-rules.ts";
import { type Pending, type Trouble, troubleIn, troubleOf, underWayBy, waitsFor } from "./resize-words-rules.ts";
import {
  lesser,
  type ProjectResources,
  projectResources,
  quotaHad,
  resourceFields,
  resourcesFor,
  sameResources,
} from "./resources-rules.ts";

export interface ResizeFacts {
  pod: Pod;
  /** What is written down that it has. */
  has: RunQuota;
  /** What it may have while it runs; more than `next` where nobody asked to take something from it. */
  mayHave: RunQuota;
  /** What a start would give it. */
  next: RunQuota;
  pending: PendingQuota | null;
  nowMs: number;
  /** For so long a node may be at it. */
  patienceMs: number;
}

export type ResizeStep =
  /** Ask the cluster for these resources of the project's container, then write down why not all is had yet. */
  | { do: "ask"; resources: ProjectResources; pending: Pending }
  /** The node is at it. */
  | { do: "wait" }
  /** Write down what it has, and what it would have after a restart if that is more or less. */
  | { do: "record"; has: RunQuota; pending: Pending | null }
  | { do: "nothing" };

/** Where a running project is on its way from what it has to what it may have. */
type ResizeState =
  /** It has what it may have, and nothing was asked for. What somebody else has made of its pod is not ours to change. */
  | { is: "settled" }
  /** It cannot have it while it runs: it keeps what it has, and an older wish is taken back. */
  | { is: "out of reach" }
  /** Its container has it by now, which is not written down yet. */
  | { is: "there" }
  /** The pod does not ask for it yet. */
  | { is: "to be asked for"; resources: ProjectResources }
  /** The pod asks for it, or for what could be had of it: its node is at it, in trouble, or done. */
  | { is: "asked for" };

/**
 * The next step on that way. Everything is asked for at once, and what is in the way of it is taken back: where the node has no room, what is
 * set aside stays as it was, and the limits alone are raised, which takes no room; where more memory is in use than the new limit, that limit
 * stays. What was taken back is not asked for again until something else is wished for: the next start brings it. What was refused is, now and then.
 */
export function nextResize(facts: ResizeFacts): ResizeStep {
  const { has, mayHave } = facts;
  const situation = situationOf(facts);
  const state = stateOf(facts, situation);
  switch (state.is) {
    case "settled":
      return settle(facts, has);
    case "out of reach":
      return leave(facts, situation);
    case "there":
      return settle(facts, { ...has, ...resourceFields(mayHave) });
    case "to be asked for":
      return { do: "ask", resources: state.resources, pending: underWayBy(facts) };
    case "asked for":
      return follow(facts, situation);
  }
}

function stateOf(facts: ResizeFacts, situation: Situation): ResizeState {
  const { asked, actual, isDone } = situation;
  if (!needsResize(facts.has, facts.mayHave) && !isBegun(facts)) return { is: "settled" };
  const wanted = wantedResources(facts, situation);
  if (wanted === undefined) return { is: "out of reach" };
  if (isDone && sameResources(actual, wanted)) return { is: "there" };
  const isNew = takenBackBy(facts) === undefined && !sameResources(asked, wanted);
  return isNew ? { is: "to be asked for", resources: wanted } : { is: "asked for" };
}

/** Was something asked for of which the end is not written down? */
function isBegun({ pending }: ResizeFacts): boolean {
  return pending !== null && (pending.reason === "under_way" || troubleIn(pending) !== undefined);
}

/** What it may have is not to be had while it runs: it keeps what it has, and an older wish is taken back. */
function leave(facts: ResizeFacts, { asked, actual, isDone }: Situation): ResizeStep {
  const { has, mayHave } = facts;
  if (!isBegun(facts)) return settle(facts, has);
  if (isDone) return settle(facts, { ...has, ...quotaHad(actual, [has, mayHave]) });
  return sameResources(asked, actual) ? { do: "wait" } : { do: "ask", resources: actual, pending: underWayBy(facts) };
}

interface Situation {
  /** What the pod's spec says. */
  asked: ProjectResources;
  /** What the container has, by its node's word. */
  actual: ProjectResources;
  /** Why the node does not do what is asked; told of an older wish it counts for nothing. */
  trouble: Trouble | undefined;
  isDone: boolean;
  /** The node has seen what is asked, and has nothing to say of it. */
  isQuiet: boolean;
}

function situationOf({ pod }: ResizeFacts): Situation {
  const asked = projectResources(mainContainer(pod.spec.containers)?.resources);
  const told = mainStatus(pod)?.resources;
  const actual = told === undefined ? asked : projectResources(told);
  const { generation = 0 } = pod.metadata;
  const { conditions = [], observedGeneration } = pod.status ?? {};
  const current = conditions.filter(
    ({ type, status, observedGeneration: seen = generation }) =>
      type.startsWith("PodResize") && status === "True" && seen >= generation,
  );
  const trouble = current.map(troubleOf).find((one) => one !== undefined);
  const isDone = sameResources(asked, actual) && current.length === 0;
  return { asked, actual, trouble, isDone, isQuiet: current.length === 0 && (observedGeneration ?? 0) >= generation };
}

/** What was refused without a reason that we know may be allowed by now: a right may have been given, or a webhook be mended. */
const TRIED_AGAIN_AFTER_MS = 600_000;

/** Why the very same wish was given up before, if it was and is not to be tried again. */
function takenBackBy({ pending, next, nowMs }: ResizeFacts): Trouble | undefined {
  if (pending === null || !isDeepStrictEqual(pending.quota, next)) return undefined;
  const isOld = pending.reason === "refused" && nowMs - Date.parse(pending.time) >= TRIED_AGAIN_AFTER_MS;
  return isOld ? undefined : troubleIn(pending);
}

/** Something was asked for: is it there, in trouble, or to be waited for? */
function follow(facts: ResizeFacts, situation: Situation): ResizeStep {
  const { has, mayHave, next, pending, nowMs, patienceMs } = facts;
  const { asked, actual, trouble, isDone, isQuiet } = situation;
  if (isDone) return settle(facts, { ...has, ...quotaHad(actual, [mayHave, has]) });
  if (pending === null || !isBegun(facts) || !isDeepStrictEqual(pending.quota, next)) {
    return { do: "record", has, pending: underWayBy(facts) };
  }
  const isLate = nowMs - Date.parse(pending.time) >= patienceMs;
  const isInVain = isLate && takenBackBy(facts) !== undefined;
  if (trouble !== undefined && !isInVain) return takeBack(facts, situation, trouble);
  if (!isLate) return { do: "wait" };
  // Nodes tell some amounts as their kernel has them, which need not be what was asked for.
  if (isQuiet) return settle(facts, { ...has, ...quotaHad(asked, [mayHave, has]) });
  return sameResources(asked, actual)
    ? { do: "nothing" }
    : takeBack(facts, situation, { reason: "refused", kubernetesReason: "the node did not do it in time" });
}

/** Asks for what can be had of what is asked for now, or for what it has. */
function takeBack(facts: ResizeFacts, { asked, actual }: Situation, trouble: Trouble): ResizeStep {
  const pending = waitsFor(facts, trouble);
  const less = LESS[trouble.reason]?.({ asked, actual }) ?? actual;
  const isPossible = keepsClass(facts.pod, less) && !sameResources(less, asked);
  return { do: "ask", resources: isPossible ? less : actual, pending };
}

const LESS: Partial<Record<Trouble["reason"], (of: Pick<Situation, "asked" | "actual">) => ProjectResources>> = {
  no_room: ({ asked, actual }) => ({
    limits: asked.limits,
    requests: {
      cpu: lesser(actual.requests.cpu, asked.limits.cpu),
      memory: lesser(actual.requests.memory, asked.limits.memory),
    },
  }),
  memory_in_use: ({ asked, actual }) => ({ ...asked, limits: { ...asked.limits, memory: actual.limits.memory } }),
};

/** Nothing more is done now: what it has is written down, and what only a restart brings. */
function settle(facts: ResizeFacts, has: RunQuota): ResizeStep {
  const { mayHave, next, pending } = facts;
  const had = withWritten(has, mayHave);
  const isEqual = quotaChanges(had, next).length === 0;
  const trouble = needsResize(had, mayHave) ? takenBackBy(facts) : undefined;
  const now = isEqual ? null : waitsFor({ ...facts, has: had }, trouble);
  const isNews = !isDeepStrictEqual(had, facts.has) || !isDeepStrictEqual(now, pending && untimed(pending));
  return isNews ? { do: "record", has: had, pending: now } : { do: "nothing" };
}

function needsResize(has: RunQuota, mayHave: RunQuota): boolean {
  return !isDeepStrictEqual(resourceFields(has), resourceFields(mayHave));
}

/** `has`, with what counts from the moment that it is written down, since whoever heeds it looks it up. */
function withWritten(has: RunQuota, mayHave: RunQuota): RunQuota {
  const written = quotaChanges(has, mayHave).filter(({ inPlace, field }) => inPlace && !(field in resourceFields(has)));
  return { ...has, ...Object.fromEntries(written.map(({ field, after }) => [field, after])) };
}

function untimed({ time: _, ...pending }: PendingQuota): Pending {
  return pending;
}

/** What to ask for; undefined: it cannot be had while the pod runs. */
function wantedResources({ pod, has, mayHave }: ResizeFacts, { asked }: Situation): ProjectResources | undefined {
  // What a patch has made of the resources is not ours to change.
  if ((has.patch ?? []).some(mayConcernResources)) return undefined;
  const wanted = resourcesFor(mayHave);
  if (keepsClass(pod, wanted)) return wanted;
  // A pod that may be moved aside has to stay one, by a MiB that is not set aside for it.
  const almost = { ...wanted, requests: { ...wanted.requests, memory: aLittleLess(wanted.requests.memory) } };
  return sameResources(almost, asked) || keepsClass(pod, almost) ? almost : undefined;
}

function keepsClass({ spec, status }: Pod, resources: ProjectResources): boolean {
  const main = mainContainer(spec.containers);
  const { initContainers = [] } = spec;
  const classWith = (changed: ProjectResources | undefined) =>
    qosOf([
      ...spec.containers.map((container) =>
        container === main && changed !== undefined ? { ...container, resources: changed } : container,
      ),
      ...initContainers,
    ]);
  return classWith(resources) === (status?.qosClass ?? classWith(undefined));
}

function aLittleLess(memory: string): string {
  return `${Math.max(0, (quantity(memory) ?? 0) / QUOTA_MB - 1)}Mi`;
}

/** Operations on a whole, or on the resources of a container. */
function mayConcernResources({ path, from }: { path?: unknown; from?: unknown }): boolean {
  return [path, from].some(
    (one) => typeof one === "string" && /^(\/spec(\/containers(\/[^/]+(\/resources.*)?)?)?)?$/.test(one),
  );
}
