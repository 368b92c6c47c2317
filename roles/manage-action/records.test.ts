import { expect, test } from "@jest/globals";
import type { Db } from "../../src/db/db.ts";
import { Leader } from "../../src/db/leader.ts";
import type { StartToRecord } from "../../src/domain/starts/begin.ts";
import type { RunQuota } from "../../src/protocol/quotas.ts";
import { testLives } from "../../test/helpers/life.ts";
import { openTestDb } from "../../test/helpers/postgres.ts";
import { Records } from "./records.ts";

const newLife = testLives();
const TIME = "2030-01-01T00:00:00.000Z";
const quota = {} as RunQuota; // it is only written down

test("a thousand starts with licences are read and recorded with as few statements as without: ten for each", async () => {
  const db = await openTestDb(newLife());
  const leading = { name: "manage-action", epoch: 1 };
  await db.execute("INSERT INTO leaders (name, epoch, since) VALUES ('manage-action', 1, now())");
  await db.execute(
    `INSERT INTO site_licenses (title, quota) SELECT 'Test ' || nth, '{"ram":4}' FROM generate_series(1, 3) AS nth`,
  );
  const projects = await db.query<{ project_id: string }>(
    `INSERT INTO projects (project_id, site_license, action_request)
     SELECT gen_random_uuid(), (SELECT jsonb_object_agg(id, '{}'::jsonb) FROM site_licenses), jsonb_build_object('action', 'start', 'time', $1::text)
     FROM generate_series(1, 1000) RETURNING project_id`,
    [TIME],
  );
  let statements = 0;
  const query: Db["query"] = (sql, values, statement) => {
    statements += 1;
    return db.query(sql, values, statement);
  };
  const records = new Records({ query } as Db, new Leader(query, leading)); // it reads by nothing else
  const rows = await Promise.all(projects.map(({ project_id }) => records.read(project_id)));
  expect(rows.every((row) => row?.licenses.length === 3)).toBe(true);
  expect(statements).toBe(10);
  const starts = projects.map(({ project_id: projectId }, index): StartToRecord => {
    const ids = rows[index]?.licenses.map(({ id }) => id) ?? [];
    const values = Object.fromEntries(ids.map((id) => [id, { status: "active" as const }]));
    const facts = { projectId, ownerId: null, licenseId: ids[0] ?? null, requestTime: TIME, requested: new Date() };
    return { ...facts, ticket: null, quota, licenses: { values, seats: ids }, queued: false };
  });
  const tickets = await Promise.all(starts.map((start) => records.start(start)));
  expect(tickets.every((ticket) => ticket !== undefined)).toBe(true);
  expect(statements).toBe(20);
  const [log] = await db.query<{ open: number }>(
    "SELECT count(*) AS open FROM site_license_usage_log WHERE stop IS NULL",
  );
  expect(log?.open).toBe(3_000);
  await Promise.all(projects.map(({ project_id }) => records.licensesEnded(project_id)));
  expect(statements).toBe(30);
});
