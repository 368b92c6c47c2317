/** A pod of a project's name that our watch does not see, since it has not our labels: never adopted, for nobody would notice what becomes of it. */

import { isTerminating } from "../../src/domain/project-pods/condition-rules.ts";
import { ticketOf } from "../../src/domain/project-pods/identity.ts";
import { isPodOfAStart } from "../../src/domain/starts/pod-of-a-start.ts";
import { recordWaiting } from "../../src/domain/starts/wait.ts";
import type { Pod } from "../../src/kube/types.ts";
import type { Case, Tools } from "./case.ts";
import { STILL_STOPPING } from "./still-stopping.ts";

/** Nothing tells when it is gone. */
const LOOK_AGAIN_MS = 1_000;

/** Is removed where the database knows it as one that we made; resolves with the ms after which to look again, or undefined: it is not ours. */
export async function removeUnseen(tools: Tools, one: Case, pod: Pod): Promise<number | undefined> {
  const { db, leader, pods, log } = tools;
  const { projectId, start } = one;
  const { name, uid = "" } = pod.metadata;
  if (!(await isPodOfAStart(db, { projectId, podUid: uid, ticket: ticketOf(pod) }))) return undefined;
  if (!isTerminating(pod)) {
    log.warn({ projectId, pod: name }, "a pod of ours has lost the labels by which it is known, and is removed");
    await pods.remove(projectId, pod);
  }
  if (start !== undefined) await recordWaiting(leader, { ticket: start.ticket, why: STILL_STOPPING });
  return LOOK_AGAIN_MS;
}

/** What is said of a pod that is left alone. */
export function foreignPod({ metadata }: Pod) {
  return {
    reason: "other",
    message: `A pod with the name ${metadata.name} is there that does not belong to this project, so it is left alone; tell your administrator.`,
    kubernetesReason: "AlreadyExists",
  };
}
