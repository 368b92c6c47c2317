import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import type { Db } from "../../src/db/db.ts";
import { Leader } from "../../src/db/leader.ts";
import { Seats } from "../../src/domain/licenses/seats.ts";
import { openSettings } from "../../src/domain/settings/settings.ts";
import { testLives } from "../../test/helpers/life.ts";
import { testLog } from "../../test/helpers/log.ts";
import { openTestDb } from "../../test/helpers/postgres.ts";
import { ProjectQuotas, type QuotaRow } from "./project-quotas.ts";
import { Records } from "./records.ts";
import { SiteQuotas } from "./site-quotas.ts";

const newLife = testLives();

const PLAIN: QuotaRow = {
  settings: null,
  users: null,
  site_license: {},
  licenses: [],
  run_quota: null,
  pending_quota: null,
};

/** A running project that has a seat of a licence, and a leader whose writes can be made to fail. */
async function openSeated() {
  const life = newLife();
  const db = await openTestDb(life);
  await db.execute("INSERT INTO leaders (name, epoch, since) VALUES ('manage-action', 1, now())");
  const [projectId, licenseId] = [randomUUID(), randomUUID()];
  await db.execute("INSERT INTO site_licenses (id, activates) VALUES ($1, now())", [licenseId]);
  await db.execute("INSERT INTO projects (project_id) VALUES ($1)", [projectId]);
  const fault = { isOn: false };
  const query: Db["query"] = async (sql, values, statement) => {
    if (fault.isOn) throw new Error("a test wants it so");
    return db.query(sql, values, statement);
  };
  const records = new Records(db, new Leader(query, { name: "manage-action", epoch: 1 }));
  const settings = await openSettings(life, db, { log: testLog() });
  const quotas = new ProjectQuotas({
    site: new SiteQuotas({ settings, log: testLog() }),
    seats: new Seats(),
    records,
    config: { memRequestAdjustment: {}, openNetwork: false },
  });
  const license = { id: licenseId, title: null, quota: { ram: 4 }, upgrades: null, run_limit: 1 };
  const licensed = {
    ...PLAIN,
    site_license: { [licenseId]: {} },
    licenses: [{ ...license, activates: "2020-01-01T00:00:00", expires: null }],
  };
  await quotas.quotaNow(projectId, licensed);
  const open = () => db.query("SELECT FROM site_license_usage_log WHERE stop IS NULL");
  expect(await open()).toHaveLength(1);
  const now = await quotas.quotaNow(randomUUID(), PLAIN);
  return { quotas, projectId, licensed, without: { ...PLAIN, run_quota: now?.quota }, fault, open };
}

test("a seat that could not be given back stayed one in the log for ever: it ends when the project does", async () => {
  const { quotas, projectId, without, fault, open } = await openSeated();
  fault.isOn = true;
  await expect(quotas.quotaNow(projectId, without)).rejects.toThrow("a test wants it so");
  fault.isOn = false;
  await quotas.release(projectId);
  expect(await open()).toEqual([]);
});

test("a seat that could not be given back is given back by the next look", async () => {
  const { quotas, projectId, without, fault, open } = await openSeated();
  fault.isOn = true;
  await expect(quotas.quotaNow(projectId, without)).rejects.toThrow("a test wants it so");
  fault.isOn = false;
  await quotas.quotaNow(projectId, without);
  expect(await open()).toEqual([]);
});

test("a start without a licence of which nothing came leaves no seat in the log", async () => {
  const { quotas, projectId, without, open } = await openSeated();
  await quotas.atStart(projectId, without); // and it is not recorded, since somebody stopped it
  await quotas.release(projectId);
  expect(await open()).toEqual([]);
});

test("a licence that was taken away keeps its place as long as the pod may have what it gave", async () => {
  const { quotas, projectId, without, open } = await openSeated();
  await quotas.quotaNow(projectId, { ...without, run_quota: { ...without.run_quota, memory_limit: 4_000 } });
  expect(await open()).toHaveLength(1);
  await quotas.quotaNow(projectId, without);
  expect(await open()).toEqual([]);
});
