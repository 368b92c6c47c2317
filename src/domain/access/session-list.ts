/** The sessions of an account as its owner sees them, one by one: never the secret, nor its hash. */

import { notFound } from "../../core/errors.ts";
import type { Queryable } from "../../db/db.ts";
import type { Identity } from "./identity.ts";

/** More than anybody reads; "everywhere" ends those beyond, too. */
const MAX_LISTED = 100;
/** How exactly it is known when a session was last used. */
const SEEN_EVERY_MINUTES = 5;

export interface SessionView {
  id: string;
  /** Roughly which browser; null: it began before that was noted. */
  browser: string | null;
  created: Date | null;
  last_active: Date | null;
  expire: Date;
  /** Is it the one that asks? */
  current: boolean;
}

/** The sessions that are alive, the one that asks first, then by when they were last used. */
export function listSessions(db: Queryable, { accountId, credential }: Identity): Promise<SessionView[]> {
  const own = credential.kind === "session" ? credential.hash : "";
  return db.query<SessionView>(
    `SELECT id, browser, created, last_active, expire, hash = $2::char(127) AS current FROM remember_me
     WHERE account_id = $1 AND expire > now() AT TIME ZONE 'UTC'
     ORDER BY current DESC, last_active DESC NULLS LAST, created DESC NULLS LAST, id LIMIT $3`,
    [accountId, own, MAX_LISTED],
  );
}

/** Ends one of the account's sessions; everything open by it ends through NOTIFY. Returns its hash. @throws AppError `not_found`. */
export async function endSessionById(
  db: Queryable,
  { accountId, id }: { accountId: string; id: string },
): Promise<string> {
  const [ended] = await db.query<{ hash: string }>(
    "DELETE FROM remember_me WHERE account_id = $1 AND id = $2 RETURNING hash",
    [accountId, id],
  );
  if (ended === undefined) throw notFound("You have no such session (any more); list them anew.");
  return ended.hash.trimEnd(); // CHAR(127) comes padded
}

/** Notes that a session is in use, once in some minutes. */
export async function noteSeen(db: Queryable, hash: string): Promise<void> {
  await db.execute(
    `UPDATE remember_me SET last_active = now() AT TIME ZONE 'UTC'
     WHERE hash = $1 AND (last_active IS NULL OR last_active < now() AT TIME ZONE 'UTC' - make_interval(mins => $2))`,
    [hash, SEEN_EVERY_MINUTES],
  );
}
