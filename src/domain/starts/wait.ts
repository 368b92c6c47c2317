/** Why a start waits: written by manage-action while no pod of its own could tell. */

import type { Leader } from "../../db/leader.ts";

/** Why a start waits or failed. */
export interface Why {
  reason: string;
  message: string;
  kubernetesReason: string | null;
}

/** Tells why a start waits that has no pod of its own yet, or one whose node does not answer. */
export async function recordWaiting(leader: Leader, { ticket, why }: { ticket: number; why: Why }): Promise<void> {
  await leader.write(
    (
      isLeading,
    ) => `UPDATE project_starts SET reason = $2, message = $3, kubernetes_reason = $4 WHERE ticket = $1 AND outcome IS NULL AND ${isLeading}
       AND (reason, message, kubernetes_reason) IS DISTINCT FROM ($2, $3, $4)`,
    [ticket, why.reason, why.message, why.kubernetesReason],
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
