/** Asking for more than a project has: a collaborator asks its owners by mail, an owner the site's administrators; bounded, and in the log. */

import { z } from "zod";
import type { Db, Queryable } from "../../db/db.ts";
import { NOW_OF_TRANSACTION } from "../../db/moments.ts";
import { type AskedFor, askedFor } from "../../protocol/api-v2-quotas.ts";
import { uuid } from "../../protocol/common.ts";
import type { Asking } from "../mail/letters.ts";
import type { Mail } from "../mail/mail.ts";
import type { ClaimedMail } from "../mail/outbox.ts";
import type { Limit, RateLimits } from "../rate-limits/rate-limits.ts";
import type { Settings } from "../settings/settings.ts";
import { ASKED_WORDS } from "./asked-rules.ts";
import { logProjectEvent } from "./log.ts";

const message = "You have asked for more very often lately; those whom you asked were told.";
/** Of an account, in all its projects together: nobody may use up what an address takes in, which is everybody's. */
const ASK_HOUR: Limit = { name: "ask_for_more_hour", points: 3, seconds: 3_600, message };
const ASK_DAY: Limit = { name: "ask_for_more_account", points: 20, seconds: 86_400, message };
/** So long after others made them an owner people are written to, whatever they did in the project. */
const OWNER_DAYS = 1;
/** Most people that one asking writes to. */
const MAX_ASKED = 10;

/** Of a mail, in the outbox. */
const posted = z.object({ project_id: uuid, what: askedFor, message: z.string() });

interface AskParts {
  db: Db;
  limits: RateLimits;
  mail: Mail;
  settings: Settings;
}

interface NewAsking {
  projectId: string;
  accountId: string;
  /** An owner of the project, who asks the administrators? */
  isOwner: boolean;
  what: AskedFor;
  message: string;
}

/** Whom a collaborator or owner asks; an owner is nobody who could give more. */
export type Asked = "owners" | "administrators";

/**
 * Writes it into the project's log and to those who could give more. `mailed`: whether a mail went on its way to anybody, which it does not
 * on a site without mail, or where they had many already. @throws AppError `rate_limited`.
 */
export async function askForMore(
  { db, limits, mail, settings }: AskParts,
  { projectId, accountId, isOwner, what, message }: NewAsking,
): Promise<{ asked: Asked; mailed: boolean }> {
  for (const limit of [ASK_HOUR, ASK_DAY]) await limits.consume(limit, accountId);
  const owners = isOwner ? [] : await ownersOf(db, projectId);
  const asked: Asked = owners.length === 0 ? "administrators" : "owners";
  const helpEmail = (await settings.values()).help_email;
  const addresses = asked === "owners" ? owners : helpEmail !== "" ? [helpEmail] : await administrators(db);
  const mailNow = await mail.now();
  return db.transaction(async (tx) => {
    const event = { event: "ask_for_more", what, message, asked };
    await logProjectEvent(tx, { projectId, accountId, event });
    let mailed = false;
    for (const email of addresses) {
      const about = { project_id: projectId, what, message };
      const isPosted = await mailNow.post(tx, { kind: "ask_for_more", email: email.toLowerCase(), accountId, about });
      mailed ||= isPosted;
    }
    return { asked, mailed };
  });
}

/**
 * The addresses of the owners, without those whom another member made one within the last day and who have not done anything in the project:
 * being made an owner takes no consent, and a member's words must not be mailed to just anybody.
 */
async function ownersOf(db: Queryable, projectId: string): Promise<string[]> {
  const rows = await db.query<{ email: string }>(
    `WITH owners AS (SELECT member.key AS id, last_active ? member.key AS active FROM projects, jsonb_each(users) AS member
       WHERE project_id = $1 AND member.value ->> 'group' = 'owner'),
     made AS (SELECT event ->> 'target_account_id' AS id FROM project_log
       WHERE project_id = $1 AND time > ${NOW_OF_TRANSACTION} - make_interval(days => $3)
         AND event ->> 'event' = 'change_collaborator_type' AND account_id::text IS DISTINCT FROM event ->> 'target_account_id')
     SELECT email_address AS email FROM accounts JOIN owners ON owners.id = account_id::text
     WHERE deleted IS NOT TRUE AND banned IS NOT TRUE AND email_address IS NOT NULL
       AND (owners.active OR owners.id NOT IN (SELECT id FROM made WHERE id IS NOT NULL)
         OR EXISTS (SELECT FROM project_log AS own WHERE project_id = $1 AND own.account_id = accounts.account_id
           AND event ->> 'event' <> 'collaborator_joined'))
     LIMIT $2`,
    [projectId, MAX_ASKED, OWNER_DAYS],
  );
  return rows.map(({ email }) => email);
}

async function administrators(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ email: string }>(
    `SELECT email_address AS email FROM accounts
     WHERE 'admin' = ANY(groups) AND deleted IS NOT TRUE AND banned IS NOT TRUE AND email_address IS NOT NULL LIMIT $1`,
    [MAX_ASKED],
  );
  return rows.map(({ email }) => email);
}

/** What the letter about an asking says; undefined: project or person are gone. */
export async function askingOf(
  db: Queryable,
  { about, account_id }: Pick<ClaimedMail, "about" | "account_id">,
): Promise<Asking | undefined> {
  const { data } = posted.safeParse(about);
  if (data === undefined) return undefined;
  const [row] = await db.query<{ title: string | null; name: string }>(
    `SELECT title, (SELECT concat_ws(' ', first_name, last_name) FROM accounts WHERE account_id = $2 AND deleted IS NOT TRUE) AS name
     FROM projects WHERE project_id = $1 AND deleted IS NOT TRUE`,
    [data.project_id, account_id],
  );
  if (row === undefined) return undefined;
  return {
    projectId: data.project_id,
    title: row.title ?? "",
    name: row.name || "Somebody",
    what: ASKED_WORDS[data.what],
    message: data.message,
  };
}
