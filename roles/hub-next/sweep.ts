/** Deletes what has ended and would only grow: every replica does it now and then, and takes what another is not just deleting. */

import { every } from "../../src/core/clock.ts";
import { messageOf } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import { deleteExpiredSessions } from "../../src/domain/access/sessions.ts";
import { deleteExpiredResets } from "../../src/domain/accounts/password-reset.ts";
import { deleteOldUsage } from "../../src/domain/licenses/usage.ts";
import { deleteOldMail } from "../../src/domain/mail/outbox.ts";
import { deleteExpiredInvitations } from "../../src/domain/projects/invitations.ts";
import type { Hub } from "./hub.ts";

const EVERY_MS = 15 * 60_000;

/** Sweeps as long as `life`; what fails is tried again next time. */
export function keepSweeping(life: Life, hub: Hub): void {
  life.run("sweep", (signal) => every(EVERY_MS, signal, () => sweep(hub)));
}

type Swept = Pick<Hub, "db" | "limits" | "log">;

const KINDS: Record<string, (hub: Swept) => Promise<void>> = {
  "counters of limits": ({ limits }) => limits.deleteExpired(),
  sessions: ({ db }) => deleteExpiredSessions(db),
  "links to choose a password": ({ db }) => deleteExpiredResets(db),
  invitations: ({ db }) => deleteExpiredInvitations(db),
  mail: ({ db }) => deleteOldMail(db),
  "use of licences": ({ db }) => deleteOldUsage(db),
};

/** Deletes what has ended, of each kind at most a few thousand rows; a kind that fails is told, and keeps no other from being deleted. */
export async function sweep(hub: Swept): Promise<void> {
  for (const [kind, deleteEnded] of Object.entries(KINDS)) {
    await deleteEnded(hub).catch((error: unknown) => {
      hub.log.warn({ kind, reason: messageOf(error) }, "what has ended could not be deleted; trying again later");
    });
  }
}
