/** Mail lives through whatever befalls the way to its server: none is lost, and only where SMTP cannot tell does one go out twice. */

import { expect, test } from "@jest/globals";
import { mailQueue } from "../../../src/domain/mail/outbox.ts";
import { MAX_CONNECTIONS } from "../../../src/domain/mail/smtp.ts";
import { faultsOf } from "../../faults/fault.ts";
import { copies, openMailSite, outliveMailFault, post, untilAllIsSent } from "../../faults/mail.ts";
import { startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { keptLog } from "../../helpers/log.ts";
import { openDbOn, openTestDb } from "../../helpers/postgres.ts";
import { openSmtp } from "../../helpers/smtp.ts";
import { openTcpProxy } from "../../helpers/tcp-proxy.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

test.each(faultsOf([1_000, 2_000]))("the outbox goes on after $kind (seed $seed)", async (fault) => {
  await outliveMailFault(await openMailSite(newLife()), fault);
});

test("a mail whose connection is cut before its last byte arrives once", async () => {
  const { smtp, faulty, db } = await openMailSite(newLife());
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
  const { smtp, faulty, db } = await openMailSite(newLife());
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
  for (let name = 0; name < MAX_CONNECTIONS; name += 1) {
    await post(db, name);
    await until(() => smtp.taking === name + 1, { what: "a mail goes out though the ones before are not answered" });
  }
  const stopped = stopping.stop();
  smtp.slow = undefined;
  answered.resolve();
  expect(await stopped).toEqual([]);
  expect((await mailQueue(db)).waiting).toBe(0);
  expect(smtp.mails).toHaveLength(MAX_CONNECTIONS);
});
