/** Sending mail when all is well and when it is not: nothing is lost without a word, and nothing is sent twice by two hubs. */

import { expect, test } from "@jest/globals";
import type { Db } from "../../../src/db/db.ts";
import { mailQueue, putMail } from "../../../src/domain/mail/outbox.ts";
import { freePort } from "../../../src/net/serve/free-port.ts";
import { PASSWORD, startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { keptLog, type LogLine } from "../../helpers/log.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { openSmtp, SMTP_PASSWORD } from "../../helpers/smtp.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();
const RETRIED = "a mail could not be sent; it is tried again";
const GIVEN_UP = "a mail was given up";

const toAda = { kind: "password_changed", email: "ada@example.org" } as const;

/** The next attempt is due now. */
const hurry = (db: Db) =>
  db.execute(
    "WITH due AS (UPDATE outgoing_mail SET next_attempt = now() AT TIME ZONE 'UTC' RETURNING id) SELECT pg_notify('outgoing_mail', '') FROM due",
  );
const linesOf = (lines: LogLine[], message: string) => lines.filter((line) => line.message === message);

async function openSite(env: Record<string, string> = {}) {
  const life = newLife();
  const smtp = await openSmtp(life);
  const { log, lines } = keptLog();
  const db = await openTestDb(life);
  const hub = await startHub(life, db, { env: { ...smtp.env, ...env }, log });
  return { life, smtp, lines, db, hub };
}

test("a mail that cannot be sent is told of with the fix, and goes out when the server is back", async () => {
  const life = newLife();
  const port = await freePort();
  const { log, lines } = keptLog();
  const db = await openTestDb(life);
  const { env } = await openSmtp(life);
  await startHub(life, db, { env: { ...env, COCALC_SETTING_EMAIL_SMTP_PORT: String(port) }, log });
  await putMail(db, toAda);
  const told = await until(() => linesOf(lines, RETRIED)[0]);
  expect(told).toMatchObject({
    level: "warn",
    fields: { attempts: 1, reason: expect.stringContaining(`127.0.0.1:${port}`), fix: expect.stringContaining("port") },
  });
  // It is told before it is written down.
  const queue = await until(async () => {
    const now = await mailQueue(db);
    return now.problem === null ? undefined : now;
  });
  expect(queue).toMatchObject({ waiting: 1, failed: 0, problem: expect.stringContaining("ECONNREFUSED") });
  const smtp = await openSmtp(life, port);
  await hurry(db);
  expect((await smtp.mailTo("ada@example.org")).subject).toBe("Your password for The Lab was changed");
  await until(async () => (await mailQueue(db)).waiting === 0);
});

test("a receiver that the server refuses is given up at once, recorded, counted, and noted with the account", async () => {
  const { smtp, lines, db, hub } = await openSite();
  const ada = await hub.signedUp({ email: "ada@example.org" });
  smtp.refusal = "550 no such mailbox";
  await putMail(db, { ...toAda, accountId: ada.accountId });
  const told = await until(() => linesOf(lines, GIVEN_UP)[0]);
  expect(told).toMatchObject({ level: "error", fields: { account_id: ada.accountId, fix: expect.any(String) } });
  expect(told.fields.reason).toContain("no such mailbox");
  await until(async () => (await mailQueue(db)).failed === 1);
  await until(async () =>
    /cocalc_mail_attempts_total{kind="password_changed",outcome="given up"} 1/.test(await hub.metrics.metrics()),
  );
  const [recorded] = await db.query("SELECT value FROM central_log WHERE event = 'mail-given-up'");
  expect(recorded).toMatchObject({ value: { account_id: ada.accountId, kind: "password_changed" } });
  const [account] = await db.query<{ email_address_problem: object }>("SELECT email_address_problem FROM accounts");
  expect(account?.email_address_problem).toMatchObject({ "ada@example.org": { type: "refused" } });
});

test("what the server refuses for now is tried again until nobody waits for it any more", async () => {
  const { smtp, lines, db } = await openSite();
  smtp.refusal = "451 come back later";
  await putMail(db, toAda);
  await until(() => linesOf(lines, RETRIED).length === 1);
  await until(async () => (await mailQueue(db)).problem !== null);
  await db.execute("UPDATE outgoing_mail SET give_up = now() AT TIME ZONE 'UTC'");
  await hurry(db);
  await until(() => linesOf(lines, GIVEN_UP).length === 1);
  await until(async () => (await mailQueue(db)).failed === 1);
  smtp.refusal = undefined;
  await hurry(db);
  await putMail(db, { ...toAda, email: "grace@example.org" });
  await smtp.mailTo("grace@example.org");
  expect(smtp.mails).toHaveLength(1);
});

test("nobody fills the mailbox of a stranger by doing again and again what an account is told of", async () => {
  const { smtp, lines, hub } = await openSite();
  const mallory = await hub.signedUp({ email: "victim@example.org" });
  const passwords = [PASSWORD, "nine loud penguins"];
  for (let count = 0; count < 14; count += 1) {
    const [currentPassword = "", newPassword = ""] = count % 2 === 0 ? passwords : passwords.toReversed();
    await mallory.call("accounts/set-password", { currentPassword, newPassword });
  }
  expect(linesOf(lines, "a mail was not posted: many of its kind went to that address")).toHaveLength(4);
  await until(async () => (await mailQueue(hub.db)).waiting === 0);
  expect(smtp.mails).toHaveLength(10);
});

test("two things that are wrong with mail were told of again with every look into the outbox", async () => {
  const { lines, db } = await openSite({
    COCALC_SETTING_PASSWORD_RESET_OVERRIDE: "smtp",
    COCALC_SETTING_EMAIL_SMTP_FROM: "",
    COCALC_SETTING_EMAIL_SMTP_LOGIN: "hubs", // no address
  });
  for (const email of ["ada@example.org", "grace@example.org", "charles@example.org"]) {
    const before = linesOf(lines, RETRIED).length;
    await putMail(db, { ...toAda, email });
    await until(() => linesOf(lines, RETRIED).length > before);
  }
  const told = linesOf(lines, "mail is switched on and cannot be sent").map(({ fields }) => fields.reason);
  expect(told.toSorted()).toEqual(["no SMTP server is named", "no sender is named"]);
});

test("an administrator is told how the mail goes, and nobody else", async () => {
  const { smtp, db, hub } = await openSite();
  const admin = await hub.signedUp();
  expect(await admin.call("admin/mail", {})).toEqual({ state: "on", fix: null, waiting: 0, failed: 0, problem: null });
  expect((await (await hub.signedUp()).refused("admin/mail", {})).code).toBe("forbidden");
  smtp.refusal = "550 no such mailbox";
  await putMail(db, toAda);
  const told = await until(async () => {
    const answer = await admin.call("admin/mail", {});
    return answer.failed === 1 ? answer : undefined;
  });
  expect(told.problem).toContain("no such mailbox");
  await db.execute("UPDATE server_settings SET value = '' WHERE name = 'dns'");
  const wrong = await until(async () => {
    const answer = await admin.call("admin/mail", {});
    return answer.state === "wrong" ? answer : undefined;
  });
  expect(wrong.fix).toContain("COCALC_ORIGIN");
});

test("a wrong password of the server is told without the password", async () => {
  const { lines, db } = await openSite({ COCALC_SETTING_EMAIL_SMTP_PASSWORD: "other-secret-71" });
  await putMail(db, toAda);
  const told = await until(() => linesOf(lines, RETRIED)[0]);
  expect(told.fields.fix).toMatch(/login and the password/);
  expect(JSON.stringify(lines)).not.toContain("other-secret-71");
  expect(JSON.stringify(await db.query("SELECT * FROM outgoing_mail"))).not.toContain("other-secret-71");
});

test("settings that cannot work are told once, with what to set", async () => {
  const { lines } = await openSite({ COCALC_SETTING_DNS: "" });
  const told = await until(() => linesOf(lines, "mail is switched on and cannot be sent")[0]);
  expect(told.fields.fix).toContain("COCALC_ORIGIN");
  expect(JSON.stringify(lines)).not.toContain(SMTP_PASSWORD);
});

test("mail about passwords goes by a server of its own where there is one", async () => {
  const life = newLife();
  const [usual, own] = [await openSmtp(life), await openSmtp(life)];
  const overrides = Object.entries(own.env).flatMap(([name, value]) =>
    name.includes("EMAIL_SMTP") ? [[name.replace("EMAIL_SMTP", "PASSWORD_RESET_SMTP"), value]] : [],
  );
  const env = { ...usual.env, COCALC_SETTING_PASSWORD_RESET_OVERRIDE: "smtp", ...Object.fromEntries(overrides) };
  const db = await openTestDb(life);
  await startHub(life, db, { env });
  await putMail(db, toAda);
  await putMail(db, { kind: "email_changed", email: "grace@example.org" });
  await own.mailTo("ada@example.org");
  await usual.mailTo("grace@example.org");
  expect([own.mails.length, usual.mails.length]).toEqual([1, 1]);
});

test("two hubs share the outbox: each of forty mails is sent, and once", async () => {
  const { life, smtp, db, hub } = await openSite();
  await startHub(life, db, { env: smtp.env });
  const addresses = Array.from({ length: 40 }, (_, index) => `person-${index}@example.org`);
  await Promise.all(addresses.map((email) => putMail(db, { ...toAda, email })));
  await until(async () => (await mailQueue(db)).waiting === 0);
  expect(smtp.mails.map(({ to }) => to).sort()).toEqual(addresses.sort());
  expect(hub.problem()).toBeUndefined();
});

test("a mail whose sender ends in the middle is taken over when the claim has ended", async () => {
  const life = newLife();
  const smtp = await openSmtp(life);
  const db = await openTestDb(life);
  const { promise, resolve } = Promise.withResolvers<void>();
  smtp.slow = promise;
  const first = newLife("first");
  await startHub(first, db, { env: smtp.env });
  await putMail(db, toAda);
  await until(async () => (await db.query("SELECT FROM outgoing_mail WHERE attempts = 1")).length === 1);
  expect(await first.stop()).toEqual([]);
  resolve();
  smtp.slow = undefined;
  await startHub(life, db, { env: smtp.env });
  await hurry(db);
  await until(async () => (await mailQueue(db)).waiting === 0);
  expect(smtp.mails.length).toBeGreaterThan(0);
});
