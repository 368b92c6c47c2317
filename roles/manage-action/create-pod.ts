/** The step that makes a project's pod, or lets it wait for its turn. */

import { type AppError, isAppError, messageOf } from "../../src/core/errors.ts";
import { isPodOf, podName, ticketOf } from "../../src/domain/project-pods/identity.ts";
import { noRoomInQuota } from "../../src/domain/project-pods/no-room.ts";
import type { StartToRecord } from "../../src/domain/starts/begin.ts";
import { recordWaiting } from "../../src/domain/starts/wait.ts";
import type { Pod } from "../../src/kube/types.ts";
import { variablesTooLarge } from "../../src/protocol/project-variables.ts";
import type { Case, Tools } from "./case.ts";
import { failStart } from "./fail-start.ts";
import { isAnswered } from "./refusals.ts";
import { partyOf, startToRecord } from "./start-to-record.ts";
import { isAway } from "./trouble.ts";
import { foreignPod, removeUnseen } from "./unseen-pod.ts";

const RETRY_MS = 500;

export async function createPod(tools: Tools, one: Case): Promise<number | undefined> {
  const { records, turns, maker, pods, quotas, giveBackTurn } = tools;
  const { projectId, row } = one;
  const start = { ...startToRecord(one), licenseId: await quotas.turnOf(projectId, row) };
  if (!turns.take(projectId, partyOf(start))) return waitInQueue(tools, one, start);
  try {
    pods.check();
    maker.check();
  } catch (error) {
    return refused(tools, one, error);
  }
  const tooLarge = start.rescue ? undefined : variablesTooLarge(row.env ?? {});
  if (tooLarge !== undefined) return failStart(tools, one, variablesDoNotFit(tooLarge));
  const { quota, licenses } = await quotas.atStart(projectId, row);
  const ticket = await records.start({ ...start, quota, licenses, inFlight: turns.held });
  if (ticket === undefined) {
    giveBackTurn(projectId);
    return RETRY_MS;
  }
  quotas.recorded(projectId, licenses);
  const { requestTime, rescue = false } = start;
  const recorded: Case = { ...one, start: { ticket, requestTime, giveUp: null, rescue } };
  try {
    const pod = await maker.make(row, { projectId, ticket, requestTime, quota, rescue });
    return await post(tools, recorded, pod);
  } catch (error) {
    return refused(tools, recorded, error);
  }
}

async function waitInQueue(
  { records, turns, nextInTurn }: Tools,
  { projectId, start }: Case,
  wanted: StartToRecord,
): Promise<number | undefined> {
  if (turns.isWaiting(projectId) && start?.requestTime === wanted.requestTime) return undefined;
  const ticket = await records.start({ ...wanted, queued: true });
  if (ticket === undefined) return RETRY_MS;
  turns.wait(projectId, { ...partyOf(wanted), ticket });
  // A turn may have become free while that was written down, when nobody waited for it yet.
  nextInTurn();
  return undefined;
}

/**
 * The plain POST; on 409 what is there is looked at: ours for this start is adopted, an older one of ours is dealt with by the next look, and
 * one that our watch does not see is removed if it is surely ours.
 */
async function post(tools: Tools, one: Case, body: Pod): Promise<number | undefined> {
  const { records, pods, metrics } = tools;
  const { projectId, start } = one;
  const ticket = start?.ticket ?? 0;
  const made = await pods.create(projectId, body).catch((error: unknown) => {
    if (!isAppError(error, "conflict")) throw error;
    return undefined;
  });
  const pod = made ?? (await pods.look(projectId));
  if (pod === undefined) return RETRY_MS;
  if (!isPodOf(pod, projectId)) {
    if (made === undefined) return (await removeUnseen(tools, one, pod)) ?? failStart(tools, one, foreignPod(pod));
    await pods.remove(projectId, pod);
    return failStart(tools, one, relabelled());
  }
  if (ticketOf(pod) === ticket) await records.applied({ ticket, podUid: pod.metadata.uid ?? "" });
  tools.refusals.forget(projectId);
  if (made !== undefined)
    metrics.toPod.observe(Math.max(0, Date.now() - startToRecord(one).requested.getTime()) / 1_000);
  return 2_000; // by then the scheduler has had its say, and the watch too
}

/** Something between us and the cluster's memory does as it likes. */
function relabelled() {
  return {
    reason: "other",
    message:
      "The cluster takes from projects' pods the labels by which they are known, so none can be started; tell your administrator.",
    kubernetesReason: "a mutating admission webhook or policy changes the labels of pods",
  };
}

/**
 * What cannot be made ends the start with the reason. That the cluster is away, or refuses this very pod at the moment, is told and thrown on as
 * any other trouble; a pod that stays refused ends its start, too.
 */
async function refused(tools: Tools, one: Case, error: unknown): Promise<number | undefined> {
  if (isAppError(error, "unsupported")) return failStart(tools, one, patchRefused(error));
  if (isAppError(error, "invalid")) return failStart(tools, one, templateInvalid(error));
  if (isAppError(error, "forbidden")) return failStart(tools, one, notAllowed(error));
  if (!isAway(error)) throw error;
  const { leader, refusals, config, giveBackTurn } = tools;
  const isOwn = await isAnswered(tools, one.projectId);
  const kubernetesReason = messageOf(error);
  if (isOwn && refusals.count(one.projectId, startToRecord(one).requestTime) >= config.refusalSeconds * 1_000) {
    return failStart(tools, { ...one, pod: tools.pods.get(one.projectId) }, { ...NOT_TAKEN, kubernetesReason });
  }
  const ticket = await ticketFor(tools, one);
  if (ticket !== undefined)
    await recordWaiting(leader, { ticket, why: { ...(isOwn ? NOT_TAKEN_YET : AWAY), kubernetesReason } });
  if (isOwn) giveBackTurn(one.projectId);
  throw error;
}

const AWAY = {
  reason: "cluster_unavailable",
  message: "The cluster does not answer at the moment; the project starts as soon as it does.",
};

const NOT_TAKEN_YET = {
  reason: "other",
  message: "The cluster answers with an error when this project's pod is to be made; it is tried again.",
};

const NOT_TAKEN = {
  reason: "other",
  message: "The cluster answers with an error whenever this project's pod is to be made; tell your administrator.",
};

/** Of the start under way, if it is of this request; else one begins. undefined: refused. */
async function ticketFor({ records }: Tools, one: Case): Promise<number | undefined> {
  const wanted = startToRecord(one);
  if (one.start?.requestTime === wanted.requestTime) return one.start.ticket;
  return records.start(wanted);
}

/** Also of a row that was written before there was a bound. */
function variablesDoNotFit(message: string) {
  return { reason: "variables_too_large", message, kubernetesReason: null };
}

function templateInvalid({ message }: AppError) {
  const words = "The site's configuration for projects is not valid, so none can be started; tell your administrator.";
  return { reason: "template_invalid", message: words, kubernetesReason: message };
}

function patchRefused({ message }: AppError) {
  return { reason: "patch_refused", message: `${message} Tell your administrator.`, kubernetesReason: null };
}

function notAllowed({ message }: AppError) {
  if (/exceeded quota/i.test(message)) return noRoomInQuota(message);
  return {
    reason: "other",
    message: `The cluster does not allow ${podName("…")} to be made; tell your administrator.`,
    kubernetesReason: message,
  };
}
