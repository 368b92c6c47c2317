/** Why a start waits: written by manage-action while no pod of its own could tell. */

import { plainStart } from "../../core/plain-text.ts";
import type { Leader } from "../../db/leader.ts";

/** Why a start waits or failed. */
export interface Why {
  reason: string;
  message: string;
  kubernetesReason: string | null;
}

/** Much more than anybody reads. */
const MOST_CHARACTERS = 4_000;

/** Columns reason, message and kubernetes_reason: whatever a cluster, a pod or its programs say, in a form that can be written. */
export function columnsOf(why: Why | undefined): (string | null)[] {
  return [why?.reason ?? null, writable(why?.message), writable(why?.kubernetesReason)];
}

export function writable(text: string | null | undefined): string | null {
  return text == null ? null : plainStart(text, MOST_CHARACTERS);
}

/** Tells why a start waits that has no pod of its own yet, or one whose node does not answer. */
export async function recordWaiting(leader: Leader, { ticket, why }: { ticket: number; why: Why }): Promise<void> {
  await leader.write(
    (
      isLeading,
    ) => `UPDATE project_starts SET reason = $2, message = $3, kubernetes_reason = $4 WHERE ticket = $1 AND outcome IS NULL AND ${isLeading}
       AND (reason, message, kubernetes_reason) IS DISTINCT FROM ($2, $3, $4)`,
    [ticket, ...columnsOf(why)],
  );
}

/** Takes back that a start should be given up: it waited too long for a node, and has one by now. */
export async function takeBackGiveUp(leader: Leader, ticket: number): Promise<void> {
  await leader.write(
    (isLeading) =>
      `UPDATE project_starts SET give_up = NULL WHERE ticket = $1 AND outcome IS NULL AND give_up IS NOT NULL AND ${isLeading}`,
    [ticket],
  );
}
