/** Entering a project's own origin: a ticket that is good once, briefly and for one browser becomes a cookie for that project, bound to the session. */

import type { Queryable, Transaction } from "../../db/db.ts";
import { hashToken, isToken, randomToken } from "./tokens.ts";

/** Life of a ticket in seconds: one redirect. */
const TICKET_SECONDS = 30;

/** A browser uses the last cookie that it got; who has got so many by one session has only the next one. */
const MAX_COOKIES = 20;

interface Entry {
  projectId: string;
  accountId: string;
  sessionHash: string;
  /** Hash of the mark of the browser that will use it. */
  browser: string;
}

/** Makes a ticket for the bearer of a session; the secret is told this once. Tickets that nobody used are removed on the way. */
export async function createTicket(
  db: Queryable,
  { projectId, accountId, sessionHash, browser }: Entry,
): Promise<string> {
  const ticket = randomToken();
  await db.execute("DELETE FROM project_origin_tickets WHERE expire <= now() AT TIME ZONE 'UTC'");
  await db.execute(
    "INSERT INTO project_origin_tickets (hash, account_id, project_id, session_hash, expire) VALUES ($1, $2, $3, $4, $5)",
    [ticketHash(ticket, browser), accountId, projectId, sessionHash, new Date(Date.now() + TICKET_SECONDS * 1_000)],
  );
  return ticket;
}

/** Uses a ticket up; the value of the cookie it becomes, or undefined when it is not good for this project and browser (any more). */
export async function redeemTicket(
  db: { transaction<T>(act: (tx: Transaction) => Promise<T>): Promise<T> },
  { ticket, projectId, mark }: { ticket: string; projectId: string; mark: string },
): Promise<string | undefined> {
  if (!isToken(ticket)) return undefined;
  const cookieValue = randomToken();
  const entered = await db.transaction(async (tx) => {
    const used = await tx.query<{ project_id: string; session_hash: string; good: boolean }>(
      `DELETE FROM project_origin_tickets WHERE hash = $1
       RETURNING project_id, session_hash, expire > now() AT TIME ZONE 'UTC' AS good`,
      [ticketHash(ticket, hashToken(mark))],
    );
    const [row] = used;
    if (row === undefined || !row.good || row.project_id !== projectId) return 0;
    await tx.execute(
      `DELETE FROM project_origin_sessions WHERE session_hash = $1 AND project_id = $2 AND $3 <= (
         SELECT count(*) FROM project_origin_sessions WHERE session_hash = $1 AND project_id = $2)`,
      [row.session_hash, projectId, MAX_COOKIES],
    );
    return tx.execute(
      `INSERT INTO project_origin_sessions (hash, project_id, session_hash, expire)
       SELECT $1, $2, hash, expire FROM remember_me WHERE hash = $3 AND expire > now() AT TIME ZONE 'UTC'`,
      [hashToken(cookieValue), projectId, row.session_hash],
    );
  });
  return entered === 1 ? cookieValue : undefined;
}

/** A ticket is found by its own secret and the browser's together. */
function ticketHash(ticket: string, browser: string): string {
  return hashToken(`${ticket} ${browser}`);
}

/** The session that a cookie of a project's origin is bound to; undefined when it is none, or of another project. */
export async function sessionHashOf(
  db: Queryable,
  { cookieHash, projectId }: { cookieHash: string; projectId: string },
): Promise<string | undefined> {
  const [row] = await db.query<{ session_hash: string }>(
    `SELECT session_hash FROM project_origin_sessions
     WHERE hash = $1 AND project_id = $2 AND expire > now() AT TIME ZONE 'UTC'`,
    [cookieHash, projectId],
  );
  return row?.session_hash.trimEnd();
}
