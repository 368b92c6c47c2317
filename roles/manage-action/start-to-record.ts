/** What is recorded of a start, from the project it is of. Pure. */

import { isUuid } from "../../src/core/uuid.ts";
import type { StartToRecord } from "../../src/domain/starts/begin.ts";
import type { ServiceRow } from "../../src/domain/starts/service-row.ts";
import type { Case } from "./case.ts";

const A_DAY_MS = 86_400_000;

/** Whose turn a start counts as: the project's first owner. */
export function ownerOf({ users }: Pick<ServiceRow, "users">): string | null {
  const owner = Object.entries(users ?? {}).find(([id, member]) => member?.group === "owner" && isUuid(id));
  return owner?.[0] ?? null;
}

/** The request that a case serves: the open one, or that of the start under way. */
export function requestTimeOf({ request, start }: Pick<Case, "request" | "start">): string {
  return request.kind === "open" ? request.time : (start?.requestTime ?? "");
}

/** What is recorded of a start, whatever becomes of it. */
export function startToRecord(one: Case): Omit<StartToRecord, "quota" | "queued"> {
  const { projectId, row, start } = one;
  const requestTime = requestTimeOf(one);
  const requested = momentOf(requestTime) ?? new Date();
  return { projectId, ownerId: ownerOf(row), requestTime, requested, ticket: start?.ticket ?? null };
}

/** When a request says it was made; undefined for what is no time of about now: any writer may write anything. */
function momentOf(requestTime: string): Date | undefined {
  const moment = new Date(requestTime);
  return Math.abs(moment.getTime() - Date.now()) < A_DAY_MS ? moment : undefined;
}
