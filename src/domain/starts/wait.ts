/** Why a start waits: written by manage-action while no pod of its own could tell. */

import type { Queryable } from "../../db/db.ts";
import { FENCE, type Leader } from "../../db/terms.ts";

/** Why a start waits or failed. */
export interface Why {
  reason: string;
  message: string;
  kubernetesReason: string | null;
}

/** Tells why a start waits that has no pod of its own yet, or one whose node does not answer. */
export async function recordWaiting(
  db: Queryable,
  leader: Leader,
  { ticket, why }: { ticket: number; why: Why },
): Promise<void> {
  await db.execute(
    `UPDATE project_starts SET reason = $4, message = $5, kubernetes_reason = $6 WHERE ticket = $3 AND outcome IS NULL AND ${FENCE}
       AND (reason, message, kubernetes_reason) IS DISTINCT FROM ($4, $5, $6)`,
    [leader.name, leader.epoch, ticket, why.reason, why.message, why.kubernetesReason],
  );
}

/** Takes back that a start should be given up: it waited too long for a node, and has one by now. */
export async function takeBackGiveUp(db: Queryable, leader: Leader, ticket: number): Promise<void> {
  await db.execute(
    `UPDATE project_starts SET give_up = NULL WHERE ticket = $3 AND outcome IS NULL AND give_up IS NOT NULL AND ${FENCE}`,
    [leader.name, leader.epoch, ticket],
  );
}
