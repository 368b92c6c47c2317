/** What is recorded of a start, from the project it is of. Pure. */

import { isUuid } from "../../src/core/uuid.ts";
import { hasEnded, isRescue, isTerminating } from "../../src/domain/project-pods/condition-rules.ts";
import type { StartToRecord } from "../../src/domain/starts/begin.ts";
import type { ServiceRow } from "../../src/domain/starts/service-row.ts";
import type { Party } from "../../src/domain/starts/turn-order.ts";
import type { Case } from "./case.ts";

const A_DAY_MS = 86_400_000;

/**
 * Whose turn a start counts as: the account's that asked. A request that was written by hand names none; then it is the owner's for whom it
 * was last so, and at first the first one's. Anybody may be made an owner, so who is the first one must not decide where somebody asked.
 * A start under way goes on as whose it began.
 */
function turnOf({ row, request, start }: Pick<Case, "row" | "request" | "start">): string | null {
  if (start !== undefined) return row.start_owner_id;
  if (request.kind === "open" && row.asked_by !== null && isUuid(row.asked_by)) return row.asked_by;
  return row.earlier_owner_id ?? firstOwner(row);
}

function firstOwner({ users }: Pick<ServiceRow, "users">): string | null {
  const owner = Object.entries(users ?? {}).find(([id, member]) => member?.group === "owner" && isUuid(id));
  return owner?.[0] ?? null;
}

/** The request that a case serves: the open one, or that of the start under way. */
export function requestTimeOf({ request, start }: Pick<Case, "request" | "start">): string {
  return request.kind === "open" ? request.time : (start?.requestTime ?? "");
}

/** What is recorded of a start for which no pod is made now, and which has not to wait for its turn. */
export function startToRecord(one: Case): StartToRecord {
  const { projectId, row, start } = one;
  const requestTime = requestTimeOf(one);
  const requested = momentOf(requestTime) ?? new Date();
  return {
    projectId,
    ownerId: turnOf(one),
    licenseId: row.license_id,
    requestTime,
    requested,
    ticket: start?.ticket ?? null,
    quota: null,
    licenses: null,
    queued: false,
    rescue: isInRescue(one),
  };
}

/** Is the start that a case serves one in rescue mode? A plain start takes the pod that is there as it is. */
function isInRescue({ request, start, pod }: Pick<Case, "request" | "start" | "pod">): boolean {
  if (request.kind !== "open") return start?.rescue === true;
  const isTaken = request.action === "start" && pod !== undefined && !isTerminating(pod) && !hasEnded(pod);
  return request.rescue || (isTaken && isRescue(pod));
}

/** For whom a start counts in the queue; what nobody asked for, of a project that nobody owns, counts for itself. */
export function partyOf({
  projectId,
  ownerId,
  licenseId,
}: Pick<StartToRecord, "projectId" | "ownerId" | "licenseId">): Party {
  return { owner: ownerId ?? projectId, license: licenseId };
}

/** When a request says it was made; undefined for what is no time of about now: any writer may write anything. */
function momentOf(requestTime: string): Date | undefined {
  const moment = new Date(requestTime);
  return Math.abs(moment.getTime() - Date.now()) < A_DAY_MS ? moment : undefined;
}
