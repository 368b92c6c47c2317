/** Deletes what has ended and would only grow: every replica does it now and then, and takes what another is not just deleting. */

import { every } from "../../src/core/clock.ts";
import { messageOf } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import { deleteExpiredSessions } from "../../src/domain/access/sessions.ts";
import { deleteExpiredResets } from "../../src/domain/accounts/password-reset.ts";
import { deleteOldMail } from "../../src/domain/mail/outbox.ts";
import { deleteExpiredInvitations } from "../../src/domain/projects/invitations.ts";
import type { Hub } from "./hub.ts";

const EVERY_MS = 15 * 60_000;

/** Sweeps as long as `life`; what fails is tried again next time. */
export function keepSweeping(life: Life, hub: Hub): void {
  const sweepNow = () =>
    sweep(hub).catch((error: unknown) => {
      hub.log.warn({ reason: messageOf(error) }, "what has ended could not be deleted; trying again later");
    });
  life.run("sweep", (signal) => every(EVERY_MS, signal, sweepNow));
}

/** Deletes what has ended, of each kind at most a few thousand rows. */
export async function sweep({ db, limits }: Pick<Hub, "db" | "limits">): Promise<void> {
  await limits.deleteExpired();
  await deleteExpiredSessions(db);
  await deleteExpiredResets(db);
  await deleteExpiredInvitations(db);
  await deleteOldMail(db);
}
