import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { createTicket, redeemTicket } from "../../src/domain/access/project-origins.ts";
import { createSession } from "../../src/domain/access/sessions.ts";
import { hashToken } from "../../src/domain/access/tokens.ts";
import { RateLimits } from "../../src/domain/rate-limits/rate-limits.ts";
import { testLives } from "../../test/helpers/life.ts";
import { keptLog, testLog } from "../../test/helpers/log.ts";
import { newPerson, newProject } from "../../test/helpers/people.ts";
import { openTestDb } from "../../test/helpers/postgres.ts";
import { sweep } from "./sweep.ts";

const newLife = testLives();

test("sessions, cookies of projects and invitations that had ended were never deleted", async () => {
  const db = await openTestDb(newLife());
  const ada = await newPerson(db);
  const projectId = await newProject(db, [[ada, "owner"]]);
  const enter = async (sessionHash: string) => {
    const who = { projectId, accountId: ada.accountId, sessionHash, browser: hashToken("mark") };
    await redeemTicket(db, { ticket: await createTicket(db, who), projectId, mark: "mark" });
  };
  const { hash: ending } = await createSession(db, { accountId: ada.accountId });
  for (const hash of [ada.sessionHash, ending]) await enter(hash);
  await db.execute("UPDATE remember_me SET expire = now() AT TIME ZONE 'UTC' WHERE hash = $1", [ending]);
  for (const [email, days] of [
    ["ended@example.org", 0],
    ["waits@example.org", 1],
  ]) {
    await db.execute(
      `INSERT INTO account_creation_actions (id, action, email_address, expire)
       VALUES ($1, '{"action": "add_to_project"}', $2, now() AT TIME ZONE 'UTC' + make_interval(days => $3))`,
      [randomUUID(), email, days],
    );
  }
  await sweep({ db, limits: new RateLimits(db), log: testLog() });
  const left = async (sql: string) => (await db.query<{ key: string }>(sql)).map(({ key }) => key.trimEnd());
  expect(await left("SELECT hash AS key FROM remember_me")).toEqual([ada.sessionHash]);
  expect(await left("SELECT session_hash AS key FROM project_origin_sessions")).toEqual([ada.sessionHash]);
  expect(await left("SELECT email_address AS key FROM account_creation_actions")).toEqual(["waits@example.org"]);
});

test("use of licences is forgotten that ended longer ago than a picture of it looks back, and none that goes on", async () => {
  const db = await openTestDb(newLife());
  await db.execute(
    `INSERT INTO site_license_usage_log (license_id, project_id, start, stop)
     SELECT gen_random_uuid(), gen_random_uuid(), now() - interval '500 days', now() - days * interval '1 day'
     FROM unnest(ARRAY[NULL, 0, 370, 410]) AS days`,
  );
  await sweep({ db, limits: new RateLimits(db), log: testLog() });
  const rows = await db.query<{ days: number | null }>(
    "SELECT extract(day FROM now() - stop)::int AS days FROM site_license_usage_log ORDER BY 1",
  );
  expect(rows.map(({ days }) => days)).toEqual([0, 370, null]);
});

test("one kind of what has ended that could not be deleted kept all after it from being deleted", async () => {
  const db = await openTestDb(newLife());
  await db.execute("DROP TABLE rate_limits, password_reset");
  const person = await newPerson(db);
  await db.execute("UPDATE remember_me SET expire = now() AT TIME ZONE 'UTC'");
  await db.execute(
    `INSERT INTO account_creation_actions (id, email_address, expire) VALUES ($1, 'x@example.org', now() AT TIME ZONE 'UTC')`,
    [randomUUID()],
  );
  const { log, lines } = keptLog();
  await sweep({ db, limits: new RateLimits(db), log });
  expect(await db.query("SELECT FROM remember_me WHERE account_id = $1", [person.accountId])).toEqual([]);
  expect(await db.query("SELECT FROM account_creation_actions")).toEqual([]);
  const told = lines.map(({ level, fields }) => [level, fields.kind]);
  expect(told).toEqual([
    ["warn", "counters of limits"],
    ["warn", "links to choose a password"],
  ]);
});
