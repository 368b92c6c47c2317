/** The mails that have to go out, as rows: posted with what they tell of, claimed by one sender, tried again, and told of when given up. */

import { unavailable } from "../../core/errors.ts";
import type { Queryable } from "../../db/db.ts";
import { record } from "../central-log/central-log.ts";
import type { MailPurpose } from "./mail-state.ts";

interface MailRules {
  purpose: MailPurpose;
  /** How long it is tried: nobody waits longer for it. */
  hours: number;
  /** Most that one address gets in an hour: it may be anybody's, and whoever gave it may do a thing again and again. */
  perHour: number;
}

/** What a mail may be about. */
export const mailKinds = {
  password_reset: { purpose: "password", hours: 1, perHour: 10 },
  password_changed: { purpose: "password", hours: 24, perHour: 10 },
  password_was_reset: { purpose: "password", hours: 24, perHour: 10 },
  verify_email: { purpose: "other", hours: 24, perHour: 10 },
  email_changed: { purpose: "other", hours: 24, perHour: 10 },
  /** Each who asks is limited to three; where all ask the one address for help, no handful of them may use it up for the rest. */
  ask_for_more: { purpose: "other", hours: 24, perHour: 200 },
  /** Licences end together: with the term, or the year. */
  license_ending: { purpose: "other", hours: 24, perHour: 50 },
} as const satisfies Record<string, MailRules>;
export type MailKind = keyof typeof mailKinds;

export interface NewMail {
  kind: MailKind;
  /** In lower case. */
  email: string;
  accountId?: string | undefined;
  /** What the letter is made of besides, never a secret. */
  about?: Record<string, unknown> | undefined;
}

export interface ClaimedMail {
  id: string;
  kind: MailKind;
  email_address: string;
  account_id: string | null;
  about: Record<string, unknown> | null;
  attempts: number;
  /** Seconds for which it is still tried; negative: no longer. */
  seconds_left: number;
}

/** Links that strangers asked for and that have not gone out: with so many the server is away, or somebody plays. */
const MAX_WAITING = 10_000;
const FAILED_KEPT_DAYS = 30;
/** Longer than a sending may take: after it, another process takes over from one that died. */
const CLAIM_SECONDS = 180;

/** Puts a mail into the outbox, in the transaction of what it tells of. @throws AppError `unavailable` when too many wait. */
export async function putMail(tx: Queryable, { kind, email, accountId, about }: NewMail): Promise<void> {
  const written = await tx.execute(
    `INSERT INTO outgoing_mail (kind, email_address, account_id, about, give_up)
     SELECT $1, $2, $3, $6, now() AT TIME ZONE 'UTC' + make_interval(hours => $4)
     WHERE $1 <> 'password_reset' OR
       (SELECT count(*) FROM (SELECT FROM outgoing_mail WHERE failed IS NULL LIMIT $5) AS waiting) < $5`,
    [
      kind,
      email,
      accountId ?? null,
      mailKinds[kind].hours,
      MAX_WAITING,
      about === undefined ? null : JSON.stringify(about),
    ],
  );
  if (written === 0) throw unavailable("Too many mails wait to be sent; try again in some minutes.");
}

/** The next mail that is due, for this process alone until its claim ends; undefined: there is none. Names that this release does not know stay. */
export async function claimMail(db: Queryable): Promise<ClaimedMail | undefined> {
  const [mail] = await db.query<ClaimedMail>(
    `UPDATE outgoing_mail SET attempts = attempts + 1, next_attempt = now() AT TIME ZONE 'UTC' + make_interval(secs => $2)
     WHERE id = (SELECT id FROM outgoing_mail WHERE failed IS NULL AND next_attempt <= now() AT TIME ZONE 'UTC' AND kind = ANY($1)
       ORDER BY next_attempt LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING id, kind, email_address, account_id, about, attempts, extract(epoch FROM give_up - now() AT TIME ZONE 'UTC')::float8 AS seconds_left`,
    [Object.keys(mailKinds), CLAIM_SECONDS],
  );
  return mail;
}

/** It has gone out, or there is nobody to send it to. */
export async function dropMail(db: Queryable, id: string): Promise<void> {
  await db.execute("DELETE FROM outgoing_mail WHERE id = $1", [id]);
}

/** To be tried again after so many seconds. */
export async function postponeMail(
  db: Queryable,
  { id, seconds, problem }: { id: string; seconds: number; problem: string },
): Promise<void> {
  await db.execute(
    "UPDATE outgoing_mail SET next_attempt = now() AT TIME ZONE 'UTC' + make_interval(secs => $2), problem = $3 WHERE id = $1",
    [id, seconds, problem],
  );
}

/** Given up: kept with the reason, and recorded for administrators. */
export async function giveUpMail(db: Queryable, mail: ClaimedMail, problem: string): Promise<void> {
  await db.execute("UPDATE outgoing_mail SET failed = now() AT TIME ZONE 'UTC', problem = $2 WHERE id = $1", [
    mail.id,
    problem,
  ]);
  await record(db, "mail-given-up", { mail_id: mail.id, kind: mail.kind, account_id: mail.account_id, problem });
}

export interface MailQueue {
  /** Have not gone out yet. */
  waiting: number;
  /** Were given up in the last day. */
  failed: number;
  /** What the last failure of either was. */
  problem: string | null;
}

/** How the sending goes, for administrators. */
export async function mailQueue(db: Queryable): Promise<MailQueue> {
  const [queue] = await db.query<MailQueue>(
    `SELECT count(*) FILTER (WHERE failed IS NULL) AS waiting,
       count(*) FILTER (WHERE failed > now() AT TIME ZONE 'UTC' - interval '1 day') AS failed,
       (array_agg(problem ORDER BY coalesce(failed, next_attempt) DESC) FILTER (WHERE problem IS NOT NULL
         AND (failed IS NULL OR failed > now() AT TIME ZONE 'UTC' - interval '1 day')))[1] AS problem
     FROM outgoing_mail`,
  );
  return queue ?? { waiting: 0, failed: 0, problem: null };
}

/** Forgets what was given up long ago; called now and then. */
export async function deleteOldMail(db: Queryable): Promise<void> {
  await db.execute("DELETE FROM outgoing_mail WHERE failed < now() AT TIME ZONE 'UTC' - make_interval(days => $1)", [
    FAILED_KEPT_DAYS,
  ]);
}
