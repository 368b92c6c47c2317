/** How each step is done. A step reads nothing anew: whatever it did, the project is looked at again afterwards. */

import { isUnheard } from "../../src/domain/project-pods/condition-rules.ts";
import { mainStatus } from "../../src/domain/project-pods/container-rules.ts";
import type { Explanation } from "../../src/domain/project-pods/explanation-rules.ts";
import { explainPod, nodeDead } from "../../src/domain/project-pods/reasons.ts";
import { isNodeGone, terminationLeftMs, verdictOn } from "../../src/domain/project-pods/rules.ts";
import { giveTime, recordTakenUp } from "../../src/domain/starts/begin.ts";
import { endStart, finishRequest } from "../../src/domain/starts/end.ts";
import { RUNNING_MS } from "../../src/domain/starts/turn-bounds.ts";
import { recordWaiting, takeBackGiveUp, type Why } from "../../src/domain/starts/wait.ts";
import type { Pod } from "../../src/kube/types.ts";
import type { Case, Tools } from "./case.ts";
import { createPod } from "./create-pod.ts";
import type { Step } from "./decide.ts";
import { failStart, whyOf } from "./fail-start.ts";
import { fit } from "./fit.ts";
import { partyOf, requestTimeOf, startToRecord } from "./start-to-record.ts";
import { STILL_STOPPING } from "./still-stopping.ts";
import { foreignPod, removeUnseen } from "./unseen-pod.ts";

/** Resolves with the ms after which to look again, or undefined: when something changes. */
type Act = (tools: Tools, one: Case) => Promise<number | undefined>;

const AT_ONCE = 0;
/** In case the watch is late. */
const SOON_MS = 1_000;
/** What manage-state finds in events is in the row, and nothing tells us of it. */
const EVENTS_LOOK_MS = 5_000;
/** A start whose pod the scheduler has not placed by then holds no turn. */
const UNPLACED_MS = 2_000;

export const steps: Record<Step["do"], Act> = {
  nothing: async ({ giveBackTurn }, { projectId }) => {
    giveBackTurn(projectId);
    return undefined;
  },

  "give-time": async ({ leader }, { projectId }) => {
    await giveTime(leader, projectId);
    return AT_ONCE;
  },

  finish: async (tools, one) => {
    const { leader, pods, giveBackTurn } = tools;
    const { projectId, request, start, pod, step } = one;
    if (request.kind !== "open" && request.kind !== "unknown") return undefined;
    // The cache may not have seen a pod yet that was made a moment ago, and sees none that has lost its labels: a stop has to be true.
    const isStop = request.kind === "open" && request.action === "stop";
    const there = isStop && pod === undefined ? await pods.look(projectId) : undefined;
    if (pods.get(projectId) !== pod) return AT_ONCE;
    const removing = there && (await removeUnseen(tools, one, there));
    if (removing !== undefined) return removing;
    const { err = there && foreignPod(there).message, event } = step as Extract<Step, { do: "finish" }>; // the table's key says so
    await finishRequest(leader, { projectId, requestTime: request.time, err, event });
    if (start === undefined) giveBackTurn(projectId); // of a start that was stopped before it could be recorded
    return undefined;
  },

  create: createPod,

  track,

  fit,

  succeed: async ({ leader, records, metrics, giveBackTurn }, one) => {
    const { projectId, row, start, pod } = one;
    const requestTime = requestTimeOf(one);
    const ending = start && { projectId, ticket: start.ticket, outcome: "running" as const };
    if (start !== undefined && row.applied === null) {
      await records.applied({ ticket: start.ticket, podUid: pod?.metadata.uid ?? "" });
    }
    const finishing = { projectId, requestTime, event: start && "project_started" };
    const { ended } = await finishRequest(leader, finishing, ending);
    if (ended) metrics.ended.inc({ outcome: "running", reason: "" });
    giveBackTurn(projectId);
    return AT_ONCE; // what it may have may have changed while it was starting
  },

  fail: async (tools, one) => failStart(tools, one, await whyOf(tools, one)),

  cancel: async ({ leader, metrics, refusals, giveBackTurn }, { projectId, start }) => {
    refusals.forget(projectId);
    const why = { reason: "cancelled", message: "The start was cancelled.", kubernetesReason: null };
    const ended = await endStart(leader, { projectId, ticket: start?.ticket ?? null, outcome: "cancelled", why });
    if (ended) metrics.ended.inc({ outcome: "cancelled", reason: "cancelled" });
    giveBackTurn(projectId);
    return AT_ONCE;
  },

  "delete-pod": async ({ leader, pods }, { projectId, request, pod }) => {
    if (pod !== undefined) await pods.remove(projectId, pod);
    if (request.kind === "open") await recordTakenUp(leader, { projectId, time: request.time });
    return AT_ONCE;
  },

  "await-end": awaitEnd,
};

/** The pod is there and not ready: has the start failed, or for how long may it still take? */
async function track(tools: Tools, one: Case): Promise<number | undefined> {
  const { records, config, turns, nextInTurn } = tools;
  const { projectId, row, start, pod } = one;
  if (pod === undefined) return AT_ONCE;
  if (start === undefined || start.requestTime !== requestTimeOf(one)) {
    return (await records.start(startToRecord(one))) === undefined ? SOON_MS : AT_ONCE;
  }
  if (row.applied === null) await records.applied({ ticket: start.ticket, podUid: pod.metadata.uid ?? "" });
  // A pod that waits for a node and should be given up is not tracked: it has one.
  if (start.giveUp !== null) await takeBackGiveUp(tools.leader, start.ticket);
  const why = explainPod(pod);
  if (why?.reason === "node_dead") return waitForNode(tools, one, why);
  const nowMs = Date.now();
  const ageMs = nowMs - Date.parse(pod.metadata.creationTimestamp ?? "");
  const isPlaced = pod.spec.nodeName !== undefined;
  const isUnplaced = !isPlaced && (why !== undefined || ageMs >= UNPLACED_MS);
  if (isUnplaced || runsForLong(pod, nowMs)) turns.release(projectId);
  else turns.hold(projectId, partyOf(startToRecord(one)));
  nextInTurn();
  const known = why ?? recordedWhy(one);
  const verdict = verdictOn(pod, known, { ...config, nowMs, pulledMs: row.pulled?.getTime() });
  if (verdict.kind === "failed") return failStart(tools, one, await whyOf(tools, one, verdict.late));
  if (verdict.untilMs !== undefined) return Math.min(Math.max(verdict.untilMs - nowMs, 100), EVENTS_LOOK_MS);
  return isUnplaced ? undefined : UNPLACED_MS;
}

/** What only its own programs keep from becoming ready needs its node no more than any project that runs. */
function runsForLong(pod: Pod, nowMs: number): boolean {
  const since = mainStatus(pod)?.state?.running?.startedAt;
  return since !== undefined && nowMs - Date.parse(since) >= RUNNING_MS;
}

/** A start that waits for a node to answer has no turn: others go on meanwhile. */
async function waitForNode(tools: Tools, { projectId, start }: Case, why: Why): Promise<number> {
  const { leader, giveBackTurn } = tools;
  if (start) await recordWaiting(leader, { ticket: start.ticket, why });
  giveBackTurn(projectId);
  return SOON_MS * 5;
}

/** What manage-state has found out, from events, about the pod: such trouble is not waited for as long as other things. */
function recordedWhy({ row }: Case): Explanation | undefined {
  const reason = FOUND_BY_EVENTS.find((one) => one === row.reason);
  return reason && { reason, message: row.message ?? "", kubernetesReason: row.kubernetes_reason ?? "" };
}

const FOUND_BY_EVENTS = ["volume_failed", "setup_failed"] as const;

/** The pod is going; forced away only when that is safe, or an administrator says so. */
async function awaitEnd(tools: Tools, one: Case): Promise<number | undefined> {
  const { records } = tools;
  const { request, start, pod } = one;
  if (pod === undefined) return AT_ONCE;
  if (request.kind === "open" && request.action !== "stop" && start?.requestTime !== request.time) {
    await records.start(startToRecord(one));
    return AT_ONCE;
  }
  const leftMs = terminationLeftMs(pod, Date.now());
  if (leftMs <= 0 || isUnheard(pod)) return endUnheard(tools, one, pod);
  return tellStillStopping(tools, one, leftMs);
}

/** Nobody tells that the pod ends: its node is silent or gone, or something keeps the pod though its containers have ended. */
async function endUnheard(tools: Tools, one: Case, pod: Pod): Promise<number> {
  const { pods } = tools;
  const { projectId, request } = one;
  const isForced = request.kind === "open" && request.force;
  if (!isForced && !isNodeGone(await pods.nodeOf(pod))) {
    await pods.look(projectId);
    return waitForNode(tools, one, nodeDead(pod));
  }
  await pods.remove(projectId, pod, { force: true });
  const isKept = pods.get(projectId)?.metadata.uid === pod.metadata.uid; // by a finalizer, whatever we ask for
  return isKept ? tellStillStopping(tools, one, SOON_MS * 5) : AT_ONCE;
}

/** A start that waits for the end of the pod before it has no turn either: something may keep that pod for ever. */
async function tellStillStopping(tools: Tools, { projectId, start }: Case, leftMs: number): Promise<number> {
  if (start) await recordWaiting(tools.leader, { ticket: start.ticket, why: STILL_STOPPING });
  tools.giveBackTurn(projectId);
  return Math.min(leftMs, SOON_MS * 5);
}
