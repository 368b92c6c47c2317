/** What is left of a project whose row was removed: its start ends, and its pod goes, which nobody could reach or stop any more. */

import { isTerminating } from "../../src/domain/project-pods/condition-rules.ts";
import { endStartsOfRemoved } from "../../src/domain/starts/end.ts";
import type { Tools } from "./case.ts";
import { isOver } from "./is-over.ts";

/** Resolves as a step does. The pod stays for a while: a row that is missing may be a mistake that somebody is about to mend. */
export async function clearRemoved(tools: Tools, projectId: string): Promise<number | undefined> {
  const { leader, config, pods, quotas, log, giveBackTurn } = tools;
  if (!(await endStartsOfRemoved(leader, projectId))) return undefined; // it is there again, or another leads by now
  giveBackTurn(projectId);
  const pod = pods.get(projectId);
  if (pod === undefined && (await isOver(tools, projectId))) await quotas.release(projectId);
  if (pod === undefined || isTerminating(pod)) return undefined;
  const ageMs = Date.now() - Date.parse(pod.metadata.creationTimestamp ?? "");
  const leftMs = config.orphanSeconds * 1_000 - ageMs;
  if (leftMs > 0) return leftMs;
  log.warn({ projectId }, "a pod is removed, because its project is not in the database");
  await pods.remove(projectId, pod);
  return undefined;
}
