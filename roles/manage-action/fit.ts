/** The step for a project that runs while nobody asks for anything: it gets what it may have by now, as far as that needs no restart. */

import { type AppError, isAppError } from "../../src/core/errors.ts";
import { words } from "../../src/domain/project-pods/explanation-rules.ts";
import { nextResize, type ResizeFacts, type ResizeStep } from "../../src/domain/project-pods/resize-rules.ts";
import { type Trouble, waitsFor } from "../../src/domain/project-pods/resize-words-rules.ts";
import { pendingQuota, runQuota } from "../../src/protocol/quotas.ts";
import type { Case, Tools } from "./case.ts";

const AT_ONCE = 0;
/** Written down: is there more? */
const SOON_MS = 500;
/** In case the watch is late. */
const LATE_MS = 5_000;

export async function fit(tools: Tools, one: Case): Promise<number | undefined> {
  const { giveBackTurn, records, quotas, config, wakeByPod } = tools;
  const { projectId, row, pod } = one;
  giveBackTurn(projectId);
  const has = runQuota.safeParse(row.run_quota);
  // Of a pod that an older release made it may not be known what it has: its next start says it.
  if (pod === undefined || !has.success) return undefined;
  const now = await quotas.quotaNow(projectId, row);
  if (now === undefined) return undefined;
  const { quota, untilNextStart } = now;
  const pending = pendingQuota.nullable().catch(null).parse(row.pending_quota);
  const facts: ResizeFacts = {
    pod,
    has: has.data,
    // As it will be read: what is written down has to compare equal the next time.
    mayHave: runQuota.parse(untilNextStart),
    next: runQuota.parse(quota),
    pending,
    nowMs: Date.now(),
    patienceMs: config.resizeSeconds * 1_000,
  };
  const step = nextResize(facts);
  if (step.do === "nothing") return undefined;
  wakeByPod(projectId); // before we ask: the node may be quicker than the answer
  if (step.do === "wait") return LATE_MS;
  if (step.do === "ask") return (await ask(tools, { projectId, facts, step })) ? LATE_MS : AT_ONCE;
  await records.quota({ projectId, has: step.has, pending: step.pending });
  tellEnd(tools, projectId, step);
  return SOON_MS;
}

interface Asking {
  projectId: string;
  facts: ResizeFacts;
  step: Extract<ResizeStep, { do: "ask" }>;
}

/** Asks the cluster; what it refuses is written down. False: the pod is another one by now. */
async function ask({ pods, records, log, metrics }: Tools, { projectId, facts, step }: Asking): Promise<boolean> {
  const { resources, pending } = step;
  try {
    await pods.resize(projectId, facts.pod, resources);
    await records.quota({ projectId, has: null, pending });
  } catch (error) {
    if (isAppError(error, "conflict")) return false;
    if (!isAppError(error) || error.code === "unavailable") throw error;
    const trouble = troubleOf(error);
    log.warn({ projectId, reason: error.message }, "the cluster does not change what a running project has");
    metrics.resized.inc({ outcome: trouble.reason });
    const isNew = pending.reason === "under_way"; // and not what was asked to take something back
    await records.quota({ projectId, has: null, pending: waitsFor(facts, trouble), isNew });
    return true;
  }
  log.info({ projectId, resources, why: pending.reason }, "a running project is being given other resources");
  return true;
}

/** What a refusal of the API server means. */
function troubleOf({ code, message }: AppError): Trouble {
  const kubernetesReason = words("", message);
  if (code === "not_found" || /without support for resize/i.test(message)) {
    return { reason: "unsupported", kubernetesReason };
  }
  return { reason: /exceeded quota/i.test(message) ? "no_room" : "refused", kubernetesReason };
}

function tellEnd({ log, metrics }: Tools, projectId: string, { pending }: Extract<ResizeStep, { do: "record" }>): void {
  const outcome = pending?.reason ?? "done";
  metrics.resized.inc({ outcome });
  log.info({ projectId, outcome }, "what a running project may use has changed");
}
