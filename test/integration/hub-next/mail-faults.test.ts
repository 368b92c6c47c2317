/** Mail lives through whatever befalls the way to its server: none is lost, and only where SMTP cannot tell does one go out twice. */

import { expect, test } from "@jest/globals";
import type { Db } from "../../../src/db/db.ts";
import { mailQueue, putMail } from "../../../src/domain/mail/outbox.ts";
import { startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { keptLog } from "../../helpers/log.ts";
import { openDbOn, openTestDb } from "../../helpers/postgres.ts";
import { openSmtp, type TestSmtp } from "../../helpers/smtp.ts";
import { type FaultKind, faultKinds, openTcpProxy, seeded } from "../../helpers/tcp-proxy.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

/** As many as are sent at a time: so many answers may be cut off. */
const AT_A_TIME = 4;

/** A hub whose mails go by way of faults. */
async function openSite() {
  const life = newLife();
  const smtp = await openSmtp(life);
  const faulty = await openTcpProxy(life, { host: "127.0.0.1", port: smtp.port });
  const db = await openTestDb(life);
  const env = { ...smtp.env, COCALC_SETTING_EMAIL_SMTP_PORT: String(faulty.port) };
  await startHub(life, db, { env });
  return { smtp, faulty, db };
}

const addressOf = (name: string | number) => `person-${name}@example.org`;
const post = (db: Db, name: string | number) => putMail(db, { kind: "password_changed", email: addressOf(name) });
const copies = ({ mails }: TestSmtp, name: string | number) => mails.filter(({ to }) => to === addressOf(name)).length;

/** What failed is due now; not what is being sent, which is claimed for longer. */
const hurry = (db: Db) =>
  db.execute(
    `WITH due AS (UPDATE outgoing_mail SET next_attempt = now() AT TIME ZONE 'UTC'
       WHERE problem IS NOT NULL AND next_attempt < now() AT TIME ZONE 'UTC' + interval '170 s' RETURNING id)
     SELECT pg_notify('outgoing_mail', '') FROM due`,
  );

async function untilAllIsSent(db: Db): Promise<void> {
  const isSent = async () => {
    await hurry(db);
    return (await mailQueue(db)).waiting === 0;
  };
  await until(isSent, { everyMs: 500, what: "the outbox is empty" });
}

const rounds = faultKinds.map((kind, seed) => [kind, seed] as [FaultKind, number]);

test.each(rounds)("the outbox goes on after %s (seed %d)", async (kind, seed) => {
  const random = seeded(seed);
  const { smtp, faulty, db } = await openSite();
  let posted = 0;
  const postMore = async (count: number) => {
    for (const end = posted + count; posted < end; posted += 1) await post(db, posted);
  };
  await postMore(8);
  await until(() => smtp.mails.length > 3);
  await postMore(8);
  await faulty.fault(kind, random);
  const endsAt = Date.now() + 1_000 + random() * 1_000;
  await until(async () => {
    if (posted < 24) await postMore(1);
    return Date.now() > endsAt;
  });
  await faulty.heal();
  if (kind === "corruption") faulty.cut(); // a garbled end of a mail has both sides wait for one another, longer than a test
  await postMore(4);
  await untilAllIsSent(db);
  const after = Array.from({ length: 4 }, (_, index) => posted - 1 - index);
  for (const name of after) expect(copies(smtp, name)).toBe(1);
  if (kind === "corruption") return; // garbled words of a server, or of a letter, cannot be told
  const all = Array.from({ length: posted }, (_, name) => copies(smtp, name));
  expect(all.filter((count) => count === 0)).toEqual([]);
  const most = kind === "freeze" || kind === "delay" ? 0 : AT_A_TIME;
  expect(smtp.mails.length - posted).toBeLessThanOrEqual(most);
});

test("a mail whose connection is cut before its last byte arrives once", async () => {
  const { smtp, faulty, db } = await openSite();
  await post(db, "first");
  await until(() => smtp.mails.length === 1);
  const answers = faulty.holdAnswers();
  await post(db, "second");
  await until(() => answers.held().includes("250"));
  faulty.cut();
  await untilAllIsSent(db);
  expect(copies(smtp, "second")).toBe(1);
});

test("a mail whose connection is cut between its last byte and the answer is sent again: SMTP cannot tell", async () => {
  const { smtp, faulty, db } = await openSite();
  const answered = Promise.withResolvers<void>();
  smtp.slow = answered.promise;
  await post(db, "twice");
  await until(() => smtp.taking === 1);
  faulty.cut();
  smtp.slow = undefined;
  answered.resolve();
  await untilAllIsSent(db);
  expect(copies(smtp, "twice")).toBe(2);
});

test("a mail that went out while the database was away is not sent again when it is back", async () => {
  const life = newLife();
  const smtp = await openSmtp(life);
  const direct = await openTestDb(life);
  const faulty = await openTcpProxy(life, direct.config);
  const config = { ...direct.config, port: faulty.port };
  const { log, lines } = keptLog();
  await startHub(life, Object.assign(openDbOn(life, config), { config }), { env: smtp.env, log });
  const answered = Promise.withResolvers<void>();
  smtp.slow = answered.promise;
  await post(direct, "once");
  await until(() => smtp.taking === 1);
  await faulty.down();
  answered.resolve();
  await until(() => lines.some(({ message }) => message.startsWith("the outbox cannot be read or written")));
  await faulty.up();
  await until(async () => (await mailQueue(direct)).waiting === 0);
  expect(copies(smtp, "once")).toBe(1);
});

test("mails that are under way when their hub stops arrive once", async () => {
  const life = newLife();
  const smtp = await openSmtp(life);
  const db = await openTestDb(life);
  const stopping = newLife("stopping");
  await startHub(stopping, db, { env: smtp.env });
  const answered = Promise.withResolvers<void>();
  smtp.slow = answered.promise;
  for (let name = 0; name < AT_A_TIME; name += 1) {
    await post(db, name);
    await until(() => smtp.taking === name + 1, { what: "a mail goes out though the ones before are not answered" });
  }
  const stopped = stopping.stop();
  smtp.slow = undefined;
  answered.resolve();
  expect(await stopped).toEqual([]);
  expect((await mailQueue(db)).waiting).toBe(0);
  expect(smtp.mails).toHaveLength(AT_A_TIME);
});
