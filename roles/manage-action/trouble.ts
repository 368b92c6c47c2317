/** What becomes of a project when a step could not be done: most troubles pass by themselves, and what does not must keep nobody else waiting. */

import { type ErrorCode, isAppError } from "../../src/core/errors.ts";
import { sqlState } from "../../src/db/db.ts";
import type { Case, Tools } from "./case.ts";
import { failStart } from "./fail-start.ts";

const PASSING: ReadonlySet<ErrorCode> = new Set(["unavailable", "timeout", "conflict", "gone", "rate_limited"]);

/** SQLSTATE classes that blame the values of the statement; any other says how the server is at this moment. */
const OF_VALUES = /^(22|23|54)/;

/** The database or the cluster is away: of every project alike. */
export function isAway(error: unknown): boolean {
  return isAppError(error, "unavailable") || isAppError(error, "timeout");
}

/**
 * Of a step that threw: what passes is thrown on, so that it is tried again. What does not comes from this project's row, licences or pod, or
 * is a mistake of ours: a start fails with words that cannot fail themselves, and a project that runs is left as it is until something of
 * it changes. Resolves as a step does.
 */
export async function inTrouble(tools: Tools, one: Case, error: unknown): Promise<number | undefined> {
  const { log, pods } = tools;
  if (passes(error)) throw error;
  if (isOfStart(one)) {
    log.error({ err: error }, "a start cannot go on, and fails");
    const pod = pods.get(one.projectId); // it may have been made a moment ago
    return failStart(tools, { ...one, pod }, cannotGoOn(error));
  }
  if (one.step.do !== "fit") throw error;
  log.error({ err: error }, "what a running project may use cannot be found out, and stays as it is");
  return undefined;
}

function passes(error: unknown): boolean {
  if (isAppError(error)) return PASSING.has(error.code);
  const state = sqlState(error);
  return state !== undefined && !OF_VALUES.test(state);
}

/** Somebody waits for a start, and for nothing else. */
function isOfStart({ request, start, step }: Case): boolean {
  if (step.do === "cancel" || step.do === "finish") return false;
  if (request.kind === "open") return request.action === "start" || request.action === "restart";
  return start !== undefined;
}

function cannotGoOn(error: unknown) {
  const message =
    "Something about this project keeps it from being started, and trying again will not help; tell your administrator.";
  return { reason: "other", message, kubernetesReason: isAppError(error) ? error.message : null };
}
