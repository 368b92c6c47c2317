/** One fault on the way to the SMTP server: no mail is lost, and only where SMTP cannot tell does one go out twice. */

import { expect } from "@jest/globals";
import type { Life } from "../../src/core/life.ts";
import type { Db } from "../../src/db/db.ts";
import { mailQueue, putMail } from "../../src/domain/mail/outbox.ts";
import { MAX_CONNECTIONS } from "../../src/domain/mail/smtp.ts";
import { startHub } from "../helpers/hub-next.ts";
import { openTestDb } from "../helpers/postgres.ts";
import { openSmtp, type TestSmtp } from "../helpers/smtp.ts";
import { openTcpProxy, seeded } from "../helpers/tcp-proxy.ts";
import { until } from "../helpers/until.ts";
import { befall, type Fault, PATIENCE_MS } from "./fault.ts";

/** A server that has not greeted for so long is given up. */
const GREETING_MS = 15_000;
/** A mail that is being sent is claimed for so long. */
const CLAIM_SECONDS = 180;

/** A hub whose mails go by way of faults. */
export async function openMailSite(life: Life) {
  const smtp = await openSmtp(life);
  const faulty = await openTcpProxy(life, { host: "127.0.0.1", port: smtp.port });
  const db = await openTestDb(life);
  const env = { ...smtp.env, COCALC_SETTING_EMAIL_SMTP_PORT: String(faulty.port) };
  await startHub(life, db, { env });
  return { smtp, faulty, db };
}

const addressOf = (name: string | number) => `person-${name}@example.org`;

export const post = (db: Db, name: string | number) =>
  putMail(db, { kind: "password_changed", email: addressOf(name) });

/** How often a mail has arrived. */
export const copies = ({ mails }: TestSmtp, name: string | number) =>
  mails.filter(({ to }) => to === addressOf(name)).length;

/** What failed is due now; not what was claimed in the last ten seconds and is being sent. */
const hurry = (db: Db) =>
  db.execute(
    `WITH due AS (UPDATE outgoing_mail SET next_attempt = now() AT TIME ZONE 'UTC'
       WHERE problem IS NOT NULL
         AND next_attempt - now() AT TIME ZONE 'UTC' NOT BETWEEN make_interval(secs => $1 - 10) AND make_interval(secs => $1)
       RETURNING id)
     SELECT pg_notify('outgoing_mail', '') FROM due`,
    [CLAIM_SECONDS],
  );

export async function untilAllIsSent(db: Db): Promise<void> {
  const isSent = async () => {
    await hurry(db);
    return (await mailQueue(db)).waiting === 0;
  };
  await until(isSent, { everyMs: 500, timeoutMs: PATIENCE_MS, what: "the outbox is empty" });
}

/** Posts before, during and after the fault, and waits until all has gone out. */
export async function outliveMailFault(
  { smtp, faulty, db }: Awaited<ReturnType<typeof openMailSite>>,
  fault: Fault,
): Promise<void> {
  const { kind } = fault;
  let posted = 0;
  const postMore = async (count: number) => {
    for (const end = posted + count; posted < end; posted += 1) await post(db, posted);
  };
  await postMore(8);
  await until(() => smtp.mails.length > 3);
  await postMore(8);
  const isEnough = async () => {
    if (posted < 24) await postMore(1);
    return posted === 24;
  };
  await befall(faulty, fault, { random: seeded(fault.seed), isEnough });
  if (kind === "corruption") faulty.cut(); // a garbled end of a mail has both sides wait for one another, longer than a test
  await postMore(4);
  const after = Array.from({ length: 4 }, (_, index) => posted - 1 - index);
  await until(() => after.every((name) => copies(smtp, name) > 0), {
    timeoutMs: PATIENCE_MS,
    what: "mails go out again",
  });
  await untilAllIsSent(db);
  for (const name of after) expect(copies(smtp, name)).toBe(1);
  if (kind === "corruption") return; // garbled words of a server, or of a letter, cannot be told
  const all = Array.from({ length: posted }, (_, name) => copies(smtp, name));
  expect(all.filter((count) => count === 0)).toEqual([]);
  expect(smtp.mails.length - posted).toBeLessThanOrEqual(mostTwice(fault));
}

/** How many mails may go out twice: as many as were under way when it began, or were hurried while they were. */
function mostTwice({ kind, betweenMs: [, most] }: Fault): number {
  const isHarmless = kind === "delay" || (kind === "freeze" && most < GREETING_MS);
  return isHarmless ? 0 : MAX_CONNECTIONS;
}
