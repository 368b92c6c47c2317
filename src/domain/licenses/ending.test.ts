import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { testLog } from "../../../test/helpers/log.ts";
import { openTestDb } from "../../../test/helpers/postgres.ts";
import { accountMail } from "../accounts/compose-mail.ts";
import { Mail } from "../mail/mail.ts";
import { claimMail } from "../mail/outbox.ts";
import { Settings } from "../settings/settings.ts";
import { tellEnding } from "./ending.ts";
import { licensesTurning } from "./moments.ts";

const newLife = testLives();
const AN_HOUR_MS = 3_600_000;
const SITE = { siteName: "Test", helpEmail: "", address: "https://example.org" };

/** A licence with a manager who has an address, one who has none, and somebody who was deleted. */
async function openManaged({ beganHoursAgo = 1_000, endsInHours = 30, hasMail = true } = {}) {
  const life = newLife();
  const db = await openTestDb(life);
  const setMail = (enabled: "yes" | "no") =>
    db.execute(
      "INSERT INTO server_settings (name, value) VALUES ('email_enabled', $1), ('email_backend', 'smtp') ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value",
      [enabled],
    );
  await setMail(hasMail ? "yes" : "no");
  const manager = randomUUID();
  const nowMs = Date.now();
  for (const [id, email, deleted] of [
    [manager, "m@example.org"],
    [randomUUID(), null],
    [randomUUID(), "d@example.org", true],
  ]) {
    await db.execute("INSERT INTO accounts (account_id, email_address, deleted) VALUES ($1, $2, $3)", [
      id,
      email,
      deleted ?? false,
    ]);
  }
  const times = [new Date(nowMs - beganHoursAgo * AN_HOUR_MS), new Date(nowMs + endsInHours * AN_HOUR_MS)];
  const [row] = await db.query<{ id: string }>(
    `INSERT INTO site_licenses (title, activates, expires, managers)
     VALUES ('Course http://evil.example', $1, $2, (SELECT array_agg(account_id::text) FROM accounts)) RETURNING id`,
    times,
  );
  const id = row?.id ?? "";
  await db.execute("INSERT INTO projects (project_id, site_license) VALUES (gen_random_uuid(), $1)", [
    JSON.stringify({ [id]: {} }),
  ]);
  const tell = async (inHours = 0) => {
    const mail = new Mail({ settings: new Settings(db, testLog()), site: { basePath: "" }, log: testLog() });
    return tellEnding(db, { licenseId: id, nowMs: nowMs + inHours * AN_HOUR_MS, mail });
  };
  const letter = async () => {
    const mail = await claimMail(db);
    return mail && { to: mail.email_address, ...(await accountMail.compose(db, mail, SITE)) };
  };
  return { db, id, manager, tell, letter, setMail };
}

test("managers are told a day before a licence ends, once, and again when it is given another end", async () => {
  const { db, tell, letter } = await openManaged();
  expect(await tell()).toBe(0);
  expect(await tell(7)).toBe(1);
  expect(await tell(8)).toBe(0);
  const told = await letter();
  expect(told).toMatchObject({ to: "m@example.org", subject: "A licence that you manage at Test ends within a day" });
  expect(JSON.stringify(told)).toMatch(
    /The licence “Course http: \/evil\. example” ends on \d{4}-.* UTC\. One project has it/,
  );
  expect(await letter()).toBeUndefined();
  await db.execute("UPDATE site_licenses SET expires = expires + interval '1 day'");
  expect(await tell(8)).toBe(0);
  expect(await tell(31)).toBe(1);
});

test("nobody is told of the end of a licence that has ended, has none, or was for less than a day", async () => {
  const [over, brief] = [
    await openManaged({ endsInHours: -1 }),
    await openManaged({ beganHoursAgo: 1, endsInHours: 4 }),
  ];
  expect([await over.tell(), await brief.tell()]).toEqual([0, 0]);
  await over.db.execute("UPDATE site_licenses SET expires = NULL");
  expect(await over.tell()).toBe(0);
});

test("a mail that waited says nothing to who no longer manages the licence, nor of a licence that goes on", async () => {
  for (const change of ["managers = '{}'", "expires = NULL"]) {
    const { db, tell, letter } = await openManaged();
    await tell(7);
    await db.execute(`UPDATE site_licenses SET ${change}`);
    expect(await letter()).toEqual({ to: "m@example.org" });
  }
});

test("an end of which nobody was told when it was a day away is told as soon as somebody looks, and looked at no more", async () => {
  const { db, id, tell } = await openManaged({ endsInHours: 5 });
  const looked = () => licensesTurning(db, Date.now(), 60_000);
  expect(await looked()).toEqual([id]);
  expect(await tell()).toBe(1);
  expect(await looked()).toEqual([]);
});

test("mails that a site with its mail switched off had in its outbox: nobody is written to, until it is switched on", async () => {
  const { tell, letter, setMail } = await openManaged({ hasMail: false });
  expect(await tell(7)).toBe(0);
  expect(await letter()).toBeUndefined();
  await setMail("yes");
  expect(await tell(8)).toBe(1);
});
