/** Ends a start that failed: its pod is removed, and the reason told in the request and in the trace. */

import type { Explanation } from "../../src/domain/project-pods/explanation-rules.ts";
import { waitedTooLong } from "../../src/domain/project-pods/no-room.ts";
import { explainPod } from "../../src/domain/project-pods/reasons.ts";
import { finishRequest } from "../../src/domain/starts/end.ts";
import type { Why } from "../../src/domain/starts/wait.ts";
import type { Case, Tools } from "./case.ts";
import { startToRecord } from "./start-to-record.ts";

const AT_ONCE = 0;
const LOG_LINES = 10;
const LOG_CHARACTERS = 2_000;

/**
 * Removes the pod first: were it the other way round and we died between, or did not know of it, nobody would. A pod of which something has
 * become since it was judged is judged anew: it may have got its node, or become ready, in the last moment. Resolves as a step does.
 */
export async function failStart(tools: Tools, one: Case, why: Why): Promise<number | undefined> {
  const { pods, refusals, giveBackTurn } = tools;
  const { projectId, pod } = one;
  pods.check();
  if (pod !== undefined && !(await pods.remove(projectId, pod, { asKnown: !isOfDeleted(one) }))) return AT_ONCE;
  try {
    await endAsFailed(tools, one, why);
  } finally {
    refusals.forget(projectId);
    giveBackTurn(projectId); // nothing of it is in the cluster
  }
  return undefined;
}

async function endAsFailed({ leader, records, metrics, log }: Tools, one: Case, why: Why): Promise<void> {
  const { projectId } = one;
  const wanted = startToRecord(one);
  const ticket = one.start?.ticket ?? (await records.start(wanted)) ?? null;
  const finishing = { projectId, requestTime: wanted.requestTime, err: why.message, event: "project_start_failed" };
  const { ended } = await finishRequest(leader, finishing, { projectId, ticket, outcome: "failed", why });
  if (!ended) return;
  metrics.ended.inc({ outcome: "failed", reason: why.reason });
  log.info({ projectId, ticket, why }, "a start failed");
}

function isOfDeleted({ step }: Case): boolean {
  return step.do === "fail" && step.because === "project_deleted";
}

/** Why the start has failed. `late`: because a phase took too long. */
export async function whyOf(tools: Tools, { row, pod, step }: Case, late = false): Promise<Why> {
  const because = step.do === "fail" ? step.because : undefined;
  if (because === "project_deleted") {
    return { reason: because, message: "The project has been deleted.", kubernetesReason: null };
  }
  const why: Explanation | undefined = pod && explainPod(pod);
  if (because === "give_up") return gaveUp(why, row.kubernetes_reason);
  if (why?.reason === "crashed" && why.container !== undefined && pod !== undefined) {
    const wanted = { container: why.container, count: LOG_LINES, characters: LOG_CHARACTERS };
    const lines = await tools.pods.lastLines(pod, wanted);
    return lines === "" ? why : { ...why, message: `${why.message} Its last words:\n${lines}` };
  }
  if (why !== undefined) return why;
  const { reason, message, kubernetes_reason } = row;
  // What manage-state found out from events.
  if (late && reason !== null && message !== null) return { reason, message, kubernetesReason: kubernetes_reason };
  return {
    reason: "deadline",
    message: "The project's server did not become ready in time; try again, or tell your administrator.",
    kubernetesReason: pod?.status?.phase ?? null,
  };
}

function gaveUp(why: Explanation | undefined, kubernetesReason: string | null): Why {
  return {
    reason: "no_room",
    message: waitedTooLong(why),
    kubernetesReason: why?.kubernetesReason ?? kubernetesReason,
  };
}
