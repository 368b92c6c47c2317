/** What a licence shows and gives to people whom nobody chose for it. */

import { expect, test } from "@jest/globals";
import { startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { openTestDb } from "../../helpers/postgres.ts";

const newLife = testLives();

/** An administrator, a teacher who manages a licence that is open, and a student. */
async function people() {
  const life = newLife();
  const hub = await startHub(life, await openTestDb(life));
  const admin = await hub.signedUp({ firstName: "Root" }); // the first account of a site
  const teacher = await hub.signedUp();
  const student = await hub.signedUp();
  const wish = { title: "Class", quota: { ram: 2 }, managers: [teacher.email] };
  return { hub, admin, teacher, student, ...(await admin.call("admin/licenses/create", wish)) };
}

test("whoever knew the id of a licence read its patch and how the cluster labels its nodes", async () => {
  const { hub, admin, teacher, student, license_id } = await people();
  const gpu = { num: 1, nodeLabel: "rack=hidden-93", toleration: "hidden-93=yes" };
  const quota = { ram: 2, gpu, patch: '[{"value":"hidden-93"}]' };
  await hub.db.execute("UPDATE site_licenses SET quota = $1", [JSON.stringify(quota)]);
  const seen = async (by: typeof student) => (await by.call("licenses/get-license", { license_id })).license.quota;
  expect(await seen(student)).toEqual({ ram: 2, gpu: { num: 1 } });
  for (const by of [admin, teacher]) expect(await seen(by)).toEqual(quota);
});

test("an administrator's look at who has a licence of others is recorded, once a minute, and a manager's is not", async () => {
  const { hub, admin, teacher, license_id } = await people();
  for (const by of [teacher, admin, admin]) await by.call("licenses/get-projects", { license_id });
  const looks = await hub.db.query("SELECT value FROM central_log WHERE event = 'admin-listed-projects'");
  expect(looks).toEqual([{ value: { account_id: admin.accountId, license_id } }]);
});

test("a licence that was open and came to write the shared software reached the projects of strangers, and nothing said so", async () => {
  const { hub, admin, student, license_id } = await people();
  await admin.call("admin/licenses/update", { license_id, quota: { ram: 2, ext_rw: true } }); // nobody has it
  await admin.call("admin/licenses/update", { license_id, quota: { ram: 2 }, restricted: false });
  const theirs: string[] = [];
  for (const title of ["A", "B"])
    theirs.push((await student.call("projects/create", { title, license: license_id })).project_id);
  await student.call("projects/delete", { project_id: theirs[0] ?? "" }); // it comes back with the licence
  await admin.call("admin/licenses/update", { license_id, restricted: true, quota: { ram: 8 } }); // amounts reach nobody else
  for (const few of [{ ext_rw: true }, { patch: "[]" }, { pool: "big" }, { gpu: { num: 1 } }]) {
    const change = { license_id, quota: { ram: 8, ...few } };
    const words = expect.stringMatching(new RegExp(`^2 projects have this licence.* get ${Object.keys(few)[0]} `));
    expect(await admin.refused("admin/licenses/update", change)).toMatchObject({ code: "conflict", error: words });
    expect((await admin.refused("admin/licenses/update", { ...change, also_for: 1 })).code).toBe("conflict"); // one more since
  }
  expect((await admin.call("admin/licenses/list", {})).licenses[0]?.quota).toEqual({ ram: 8 });
  await admin.call("admin/licenses/update", { license_id, quota: { ext_rw: true }, also_for: 2 });
  await admin.call("admin/licenses/update", { license_id, quota: { ext_rw: true, ram: 1 } }); // nothing new
  const log = await hub.db.query("SELECT value FROM central_log WHERE value ? 'also_for'");
  expect(log).toMatchObject([{ value: { license_id, also_for: 2, by: admin.accountId } }]);
});
