import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { leaderOf } from "../../../test/helpers/leader.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { openTestDb } from "../../../test/helpers/postgres.ts";
import { until } from "../../../test/helpers/until.ts";
import { Leader } from "../../db/leader.ts";
import type { ProjectLicense } from "../../protocol/licenses.ts";
import { endUsage, recordLicenses, takeUpSeats } from "./in-use.ts";

const newLife = testLives();
const ACTIVE: ProjectLicense = { status: "active" };

/** A database with a leader and a project that has the licences. */
async function openLicensed(...licenseIds: string[]) {
  const db = await openTestDb(newLife());
  const leader = leaderOf(db, "manage-action", 1);
  await db.execute("INSERT INTO leaders (name, epoch, since) VALUES ($1, $2, now())", [leader.name, leader.epoch]);
  const projectId = randomUUID();
  const keys = Object.fromEntries(licenseIds.map((id) => [id, {}]));
  await db.execute("INSERT INTO projects (project_id, site_license) VALUES ($1, $2)", [
    projectId,
    JSON.stringify(keys),
  ]);
  for (const id of licenseIds) await db.execute("INSERT INTO site_licenses (id) VALUES ($1)", [id]);
  const siteLicense = async () =>
    (
      await db.query<{ site_license: unknown }>("SELECT site_license FROM projects WHERE project_id = $1", [projectId])
    )[0]?.site_license;
  const log = () =>
    db.query<{ license_id: string; ended: boolean }>(
      "SELECT license_id, stop IS NOT NULL AS ended FROM site_license_usage_log WHERE project_id = $1 ORDER BY start",
      [projectId],
    );
  return { db, leader, projectId, siteLicense, log };
}

test("what was removed from a project meanwhile stays removed, and what was added keeps the value that it was given", async () => {
  const [kept, removed, added] = [randomUUID(), randomUUID(), randomUUID()];
  const { db, leader, projectId, siteLicense } = await openLicensed(kept, removed);
  await db.execute(
    "UPDATE projects SET site_license = site_license - $1 || jsonb_build_object($2::text, '{}'::jsonb)",
    [removed, added],
  );
  await recordLicenses(leader, [{ projectId, values: { [kept]: ACTIVE, [removed]: ACTIVE }, seats: [kept] }]);
  expect(await siteLicense()).toEqual({ [kept]: ACTIVE, [added]: {} });
  for (const rubbish of [null, [], "x", 3]) {
    await db.execute("UPDATE projects SET site_license = $1", [JSON.stringify(rubbish)]);
    await recordLicenses(leader, [{ projectId, values: { [kept]: ACTIVE }, seats: [] }]);
    expect(await siteLicense()).toEqual(rubbish);
  }
});

test("the log says from when until when a project used a licence, once for each time", async () => {
  const [first, second] = [randomUUID(), randomUUID()];
  const { db, leader, projectId, log } = await openLicensed(first, second);
  const use = (...seats: string[]) => recordLicenses(leader, [{ projectId, values: {}, seats }]);
  await use(first);
  await use(first, second);
  expect(await log()).toEqual([
    { license_id: first, ended: false },
    { license_id: second, ended: false },
  ]);
  await use(second);
  expect(await takeUpSeats(db, leader)).toEqual([{ license_id: second, project_id: projectId }]);
  await endUsage(leader, [projectId]);
  await use(second);
  expect(await log()).toEqual([
    { license_id: first, ended: true },
    { license_id: second, ended: true },
    { license_id: second, ended: false },
  ]);
  await endUsage(leaderOf(db, "manage-action", 0), [projectId]);
  expect(await takeUpSeats(db, leader)).toHaveLength(1);
});

test("a licence says that it is used, once a minute at most, and waits for nobody who changes it", async () => {
  const id = randomUUID();
  const { db, leader, projectId } = await openLicensed(id);
  const use = () => recordLicenses(leader, [{ projectId, values: {}, seats: [id] }]);
  const lastUsed = async () =>
    (await db.query<{ last_used: Date | null }>("SELECT last_used FROM site_licenses"))[0]?.last_used?.getTime();
  await use();
  const before = await lastUsed();
  expect(before).toEqual(expect.any(Number));
  await use();
  expect(await lastUsed()).toBe(before);
  await db.execute("UPDATE site_licenses SET last_used = last_used - interval '61 seconds'");
  await db.transaction(async (tx) => {
    await tx.execute("UPDATE site_licenses SET title = 'Another'");
    await use();
  });
  expect(await lastUsed()).toBeLessThan(before ?? 0);
  await use();
  expect(await lastUsed()).toBeGreaterThan(before ?? 0);
});

test("a project that ran before there was a log has the seats that its column says", async () => {
  const [active, exhausted] = [randomUUID(), randomUUID()];
  const { db, leader, projectId } = await openLicensed(active, exhausted);
  const values = { [active]: ACTIVE, [exhausted]: { status: "exhausted" }, "no id": ACTIVE };
  await db.execute("UPDATE projects SET site_license = $1", [JSON.stringify(values)]);
  expect(await takeUpSeats(db, leader)).toEqual([]);
  await db.execute(`UPDATE projects SET state = '{"state":"running"}'`);
  await db.execute(
    `INSERT INTO projects (project_id, state, site_license) VALUES (gen_random_uuid(), '{"state":"running"}', '["x"]')`,
  );
  expect(await takeUpSeats(db, leader)).toEqual([{ license_id: active, project_id: projectId }]);
});

test("a seat that the leader before wrote down as the next one began to lead was one that nobody knew of: it is waited for", async () => {
  const id = randomUUID();
  const { db, leader, projectId } = await openLicensed(id);
  const next = leaderOf(db, leader.name, leader.epoch + 1);
  const seat = { license_id: id, project_id: projectId };
  let takenUp: Promise<unknown> | undefined;
  await db.transaction(async (tx) => {
    const before = new Leader((sql, values) => tx.query(sql, values), leader);
    await recordLicenses(before, [{ projectId, values: {}, seats: [id] }]);
    await db.execute("UPDATE leaders SET epoch = $1", [next.epoch]);
    takenUp = takeUpSeats(db, next);
    const isBlocked =
      "SELECT FROM pg_locks JOIN pg_database ON oid = database WHERE datname = current_database() AND NOT granted";
    await until(async () => (await db.query(isBlocked)).length > 0, { what: "the next leader waits" });
  });
  expect(await takenUp).toEqual([seat]);
  await recordLicenses(leader, [{ projectId, values: {}, seats: [] }]); // of the leader before, too late
  expect(await takeUpSeats(db, next)).toEqual([seat]);
});
