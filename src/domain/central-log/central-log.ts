/** The record of what administrators and the site itself did: one row for each act in central_log. */

import { randomUUID } from "node:crypto";
import type { Queryable } from "../../db/db.ts";

/** What is recorded here; each with ids in its value, never with secrets. */
export type RecordedEvent =
  | "admin-granted"
  | "admin-revoked"
  | "account-banned"
  | "account-unbanned"
  | "account-deleted"
  | "admin-used-project"
  | "admin-listed-projects"
  | "project-force-stopped"
  | "project-handed-over"
  | "project-quotas-set"
  | "license-created"
  | "license-changed"
  | "license-given"
  | "license-taken"
  | "setting-changed"
  | "password-changed"
  | "password-reset"
  | "password-reset-link-made"
  | "mail-given-up"
  | "email-address-changed";

/** Writes down an act. */
export async function record(db: Queryable, event: RecordedEvent, value: Record<string, unknown>): Promise<void> {
  await db.execute("INSERT INTO central_log (id, event, value) VALUES ($1, $2, $3)", [
    randomUUID(),
    event,
    JSON.stringify(value),
  ]);
}

/** Writes down an act that is done again and again, such as by a page that looks anew: about once a minute. */
export async function recordOften(db: Queryable, event: RecordedEvent, value: Record<string, unknown>): Promise<void> {
  await db.execute(
    `INSERT INTO central_log (id, event, value)
     SELECT gen_random_uuid(), $1, $2 WHERE NOT EXISTS (
       SELECT FROM central_log WHERE event = $1 AND value @> $2 AND time > now() AT TIME ZONE 'UTC' - interval '1 minute')`,
    [event, JSON.stringify(value)],
  );
}

/** Writes down that an administrator uses a project without being a member, and what for, however many calls it takes, and wherever they come in. */
export function recordUse(db: Queryable, use: { account_id: string; project_id: string; need: string }): Promise<void> {
  return recordOften(db, "admin-used-project", use);
}
