/** When a licence begins and ends, as administrators change it. */

import { expect, test } from "@jest/globals";
import { startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { openTestDb } from "../../helpers/postgres.ts";

const newLife = testLives();

/** A licence that is in force, and an administrator. */
async function openLicense() {
  const life = newLife();
  const hub = await startHub(life, await openTestDb(life));
  const admin = await hub.signedUp(); // the first account of a site
  return { hub, admin, ...(await admin.call("admin/licenses/create", { title: "Class", quota: { ram: 2 } })) };
}

test("a licence that had not begun could not be ended", async () => {
  const { hub, admin, license_id } = await openLicense();
  const activates = "2090-01-01T00:00:00.000Z";
  await admin.call("admin/licenses/update", { license_id, activates, expires: "2090-02-01T00:00:00Z" });
  const late = { license_id, expires: "2089-01-01T00:00:00Z" };
  expect((await admin.refused("admin/licenses/update", late)).error).toMatch(/ends after it begins/); // it is a slip
  const expires = new Date(Date.now() + 1_000).toISOString(); // by a clock that is ahead
  await admin.call("admin/licenses/update", { license_id, expires });
  expect((await admin.call("admin/licenses/list", {})).licenses).toMatchObject([{ activates: null, expires }]);
  const log = await hub.db.query("SELECT value FROM central_log WHERE event = 'license-changed' ORDER BY time DESC");
  expect(log[0]).toMatchObject({ value: { activates: null, expires, was: { activates } } });
  const again = { license_id, activates, expires: "2090-02-01T00:00:00.000Z" };
  await admin.call("admin/licenses/update", again);
  expect((await admin.call("admin/licenses/list", {})).licenses).toMatchObject([{ activates, expires: again.expires }]);
});

test("a term or a style that makes no sense, by SQL, kept the title from being changed", async () => {
  const { hub, admin, license_id } = await openLicense();
  await hub.db.execute(`UPDATE site_licenses SET expires = activates - interval '1 day', upgrades = '{"memory": 1}'`);
  await admin.call("admin/licenses/update", { license_id, title: "Another" });
  expect((await admin.call("admin/licenses/list", {})).licenses).toMatchObject([{ title: "Another" }]);
});
