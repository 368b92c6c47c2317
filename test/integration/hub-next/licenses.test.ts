import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import type { EndpointPath } from "../../../src/protocol/api-v2-table.ts";
import { startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

/** A hub with an administrator, a teacher who manages a licence and owns a project, and a student who does neither. */
async function people() {
  const life = newLife();
  const hub = await startHub(life, await openTestDb(life));
  const admin = await hub.signedUp({ firstName: "Root" }); // the first account of a site
  const teacher = await hub.signedUp({ firstName: "Tara" });
  const student = await hub.signedUp({ firstName: "Stu" });
  const { project_id } = await teacher.call("projects/create", { title: "Course" });
  const wish = { title: "Class", quota: { ram: 2, cpu: 1 }, managers: [teacher.email.toUpperCase()] };
  const { license_id } = await admin.call("admin/licenses/create", wish);
  return { hub, admin, teacher, student, project_id, license_id };
}

/** The column as it stands. */
async function given({ hub, project_id }: Pick<Awaited<ReturnType<typeof people>>, "hub" | "project_id">) {
  const [row] = await hub.db.query<{ site_license: object | null }>(
    "SELECT site_license FROM projects WHERE project_id = $1",
    [project_id],
  );
  return row?.site_license ?? {};
}

test("an administrator makes a licence, changes it and ends it, and each is in the audit log with what was before", async () => {
  const { hub, admin, teacher, license_id } = await people();
  const list = async () => (await admin.call("admin/licenses/list", {})).licenses;
  expect(await list()).toMatchObject([
    {
      id: license_id,
      title: "Class",
      quota: { ram: 2, cpu: 1 },
      expires: null,
      restricted: false,
      run_limit: null,
      running: 0,
      projects: 0,
      managers: [{ account_id: teacher.accountId, first_name: "Tara", email_address: teacher.email }],
    },
  ]);
  await admin.call("admin/licenses/update", { license_id, run_limit: 50, quota: { ram: 4 } });
  await admin.call("admin/licenses/update", { license_id, expires: "2040-01-01T02:00:00+02:00" });
  expect(await list()).toMatchObject([
    { title: "Class", quota: { ram: 4 }, run_limit: 50, expires: "2040-01-01T00:00:00.000Z" },
  ]);
  const log = await hub.db.query("SELECT event, value FROM central_log WHERE event LIKE 'license-%' ORDER BY time");
  const by = admin.accountId;
  expect(log).toMatchObject([
    { event: "license-created", value: { license_id, title: "Class", managers: [teacher.accountId], by } },
    {
      event: "license-changed",
      value: { license_id, run_limit: 50, was: { run_limit: null, quota: { ram: 2, cpu: 1 } }, by },
    },
    { event: "license-changed", value: { expires: "2040-01-01T02:00:00+02:00", was: { expires: null } } },
  ]);
});

test("what makes no sense in a licence is refused in words, and nothing of it is written", async () => {
  const { admin, license_id } = await people();
  const change = async (change: object) =>
    (await admin.refused("admin/licenses/update", { license_id, title: "New", ...change })).error;
  expect(await change({ expires: "2001-01-01T00:00:00Z" })).toMatch(/ends after it begins/);
  expect(await change({ upgrades: { memory: 1000 } })).toMatch(/either a quota or upgrades/);
  expect(await change({ managers: ["nobody@example.org"] })).toMatch(/no account nobody@example.org/);
  expect(await change({ quota: { ram: -1 } })).toMatch(/quota.ram/);
  expect(await change({ quota: { mem: 4 } })).toMatch(/quota\.mem: is not known; there are ram/);
  expect((await admin.refused("admin/licenses/create", { upgrades: { mem: 4 } })).error).toMatch(/upgrades\.mem/);
  expect(await change({ run_limit: 1.5 })).toMatch(/run_limit/);
  expect(await change({ expires: "0000-01-01T00:00:00Z" })).toMatch(/expires/);
  expect((await admin.refused("admin/licenses/update", { license_id: randomUUID(), title: "x" })).code).toBe(
    "not_found",
  );
  expect((await admin.call("admin/licenses/list", {})).licenses[0]?.title).toBe("Class");
});

test("a licence that reaches beyond one project takes the administrator's password", async () => {
  const { hub, admin, license_id } = await people();
  await hub.db.execute("UPDATE remember_me SET proved = NULL");
  const placing = { num: 1, toleration: "node-role.kubernetes.io/control-plane" };
  for (const quota of [
    { ext_rw: true },
    { patch: "[]" },
    { gpu: placing },
    { gpu: { num: 1, resource: "example.org/gpu" } },
  ]) {
    expect((await admin.refused("admin/licenses/create", { quota })).code).toBe("confirm_password");
    expect((await admin.refused("admin/licenses/update", { license_id, quota })).code).toBe("confirm_password");
  }
  await admin.call("admin/licenses/create", { quota: { ram: 1 } });
});

test("a session of an administrator without the password neither gives nor changes a licence that reaches beyond one project", async () => {
  const { hub, admin, teacher, project_id, license_id } = await people();
  await hub.db.execute(`UPDATE site_licenses SET quota = '{"ext_rw": "true"}', expires = '2001-01-01'`);
  await hub.db.execute("UPDATE remember_me SET proved = NULL");
  const refusal = async (path: EndpointPath, wish: object) => (await admin.refused(path, wish)).code;
  expect(await refusal("licenses/assign", { license_id, project_ids: [project_id] })).toBe("confirm_password");
  expect(await refusal("projects/add-license", { license_id, project_id })).toBe("confirm_password");
  const changes = [{ managers: [admin.accountId] }, { restricted: false }, { expires: null }, { quota: { ram: 1 } }];
  for (const change of [...changes, { quota: null }])
    expect([change, await refusal("admin/licenses/update", { license_id, ...change })]).toEqual([
      change,
      "confirm_password",
    ]);
  expect(await given({ hub, project_id })).toEqual({});
  await teacher.call("licenses/assign", { license_id, project_ids: [project_id] }); // named by somebody who proved it
  await admin.call("licenses/unassign", { license_id, project_ids: [project_id] });
  await hub.db.execute("UPDATE remember_me SET proved = now() AT TIME ZONE 'UTC'");
  await admin.call("licenses/assign", { license_id, project_ids: [project_id] });
});

test("a manager gives a licence to projects of their own alone; others neither see who has it nor hand it out", async () => {
  const { hub, teacher, student, project_id, license_id } = await people();
  const theirs = (await student.call("projects/create", { title: "Thesis" })).project_id;
  const wish = { license_id, project_ids: [project_id] };
  expect((await student.refused("licenses/assign", wish)).code).toBe("forbidden");
  expect((await student.refused("licenses/get-projects", { license_id })).code).toBe("forbidden");
  expect((await student.refused("licenses/usage", { license_id })).code).toBe("forbidden");
  const both = { license_id, project_ids: [project_id, theirs] };
  expect((await teacher.refused("licenses/assign", both)).code).toBe("forbidden");
  expect(await given({ hub, project_id })).toEqual({});
  await teacher.call("licenses/assign", wish);
  expect(await given({ hub, project_id })).toEqual({ [license_id]: {} });
  const { licenses } = await teacher.call("licenses/get-managed", {});
  expect(licenses).toMatchObject([{ id: license_id, projects: 1, managers: [{ first_name: "Tara" }] }]);
  expect(licenses[0]?.managers[0]).not.toHaveProperty("email_address");
  expect(await teacher.call("licenses/get-projects", { license_id })).toEqual({
    projects: [
      expect.objectContaining({
        project_id,
        title: "Course",
        state: null,
        status: null,
        reason: null,
        running: false,
        deleted: false,
      }),
    ],
    next: null,
  });
  const own = await teacher.call("licenses/get-projects-with-license", {});
  expect(own.projects).toEqual([{ project_id, title: "Course", license_ids: [license_id] }]);
  await teacher.call("licenses/unassign", wish);
  expect(await given({ hub, project_id })).toEqual({});
  const { log } = await teacher.call("projects/log", { project_id });
  expect(log.map(({ event }) => [event.event, event.action, event.title])).toEqual([
    ["license", "remove", "Class"],
    ["license", "add", "Class"],
    ["project_created", undefined, "Course"],
  ]);
});

test("a project is made with its licence in one call; where the licence is refused none is made", async () => {
  const { hub, admin, teacher, license_id } = await people();
  const { project_id } = await teacher.call("projects/create", { title: "Lab", license: license_id });
  expect(await given({ hub, project_id })).toEqual({ [license_id]: {} });
  const count = async () => (await teacher.call("projects/get", {})).projects.length;
  const before = await count();
  expect((await teacher.refused("projects/create", { license: randomUUID() })).code).toBe("not_found");
  await admin.call("admin/licenses/update", { license_id, managers: [], restricted: true });
  expect((await teacher.refused("projects/create", { license: license_id })).code).toBe("forbidden");
  expect(await count()).toBe(before);
});

test("whoever knows the id of a licence gives it to projects of theirs, unless it is restricted", async () => {
  const { hub, admin, student, license_id } = await people();
  const { project_id } = await student.call("projects/create", { title: "Thesis" });
  await student.call("projects/add-license", { project_id, license_id });
  expect(await student.call("licenses/get-license", { license_id })).toMatchObject({
    license: { title: "Class", is_manager: false },
  });
  await student.call("projects/remove-license", { project_id, license_id });
  await admin.call("admin/licenses/update", { license_id, restricted: true });
  const refused = await student.refused("projects/add-license", { project_id, license_id });
  expect(refused).toMatchObject({ code: "forbidden", error: expect.stringMatching(/by its managers alone/) });
  expect(await given({ hub, project_id })).toEqual({});
  await admin.call("licenses/assign", { license_id, project_ids: [project_id] });
  expect(await given({ hub, project_id })).toEqual({ [license_id]: {} });
  await student.call("projects/remove-license", { project_id, license_id });
  const unknown = randomUUID();
  const missing = await student.refused("projects/add-license", { project_id, license_id: unknown });
  expect(missing).toMatchObject({ code: "not_found", error: expect.stringContaining(unknown) });
});

test("a collaborator who read the id of a licence that writes the shared software cannot take it to a project of theirs", async () => {
  const { hub, admin, teacher, student, project_id } = await people();
  const [byHand] = await hub.db.query<{ id: string }>(
    `INSERT INTO site_licenses (quota, activates, managers, restricted) VALUES ('{"ext_rw":true}', now(), ARRAY[$1], NULL) RETURNING id`,
    [teacher.accountId],
  );
  const license_id = byHand?.id ?? "";
  await teacher.call("projects/add-license", { project_id, license_id });
  await teacher.call("projects/collaborators/add", { project_id, account_id: student.accountId });
  const theirs = (await student.call("projects/create", { title: "Own" })).project_id;
  expect((await student.call("projects/quota", { project_id })).inputs.licenses).toMatchObject([{ id: license_id }]);
  for (const quota of [
    { ext_rw: true },
    { patch: "[]" },
    { pool: "big" },
    { gpu: true },
    { dedicated_vm: { machine: "n" } },
  ]) {
    await hub.db.execute("UPDATE site_licenses SET quota = $1 WHERE id = $2", [JSON.stringify(quota), license_id]);
    const refused = await student.refused("projects/add-license", { project_id: theirs, license_id });
    expect([quota, refused.code]).toEqual([quota, "forbidden"]);
  }
  const { license } = await student.call("licenses/get-license", { license_id });
  expect(license.restricted).toBe(true);
  const open = await admin.refused("admin/licenses/update", { license_id, restricted: false });
  expect(open.error).toMatch(/Only managers and administrators/);
  await admin.call("admin/licenses/update", { license_id, quota: { ram: 1 } }); // nobody said that it is for all now
  expect((await student.refused("projects/add-license", { project_id: theirs, license_id })).code).toBe("forbidden");
  await admin.call("admin/licenses/update", { license_id, restricted: false });
  await student.call("projects/add-license", { project_id: theirs, license_id });
});

test("a licence that is given again took away what manage-action had written of it", async () => {
  const { hub, teacher, project_id, license_id } = await people();
  const value = { status: "active", quota: { ram: 2 } };
  await teacher.call("projects/add-license", { project_id, license_id });
  await hub.db.execute("UPDATE projects SET site_license = jsonb_set(site_license, ARRAY[$1], $2)", [
    license_id,
    JSON.stringify(value),
  ]);
  await teacher.call("projects/add-license", { project_id, license_id });
  expect(await given({ hub, project_id })).toEqual({ [license_id]: value });
  await hub.db.execute(`UPDATE projects SET site_license = '["rubbish"]'`);
  await teacher.call("projects/remove-license", { project_id, license_id });
  await teacher.call("projects/add-license", { project_id, license_id });
  expect(await given({ hub, project_id })).toEqual({ [license_id]: {} });
});

test("many who give a licence at once give it to no more projects than may have it", async () => {
  const { hub, admin, teacher, license_id } = await people();
  await admin.call("admin/licenses/update", { license_id, apply_limit: 3 });
  const ids: string[] = [];
  for (let made = 0; made < 8; made += 1) {
    ids.push((await teacher.call("projects/create", { title: `${made}` })).project_id);
  }
  const answers = await Promise.all(
    ids.map((id) => teacher.try("licenses/assign", { license_id, project_ids: [id] }) as Promise<{ code?: string }>),
  );
  expect(answers.filter(({ code }) => code === undefined)).toHaveLength(3);
  expect(answers.filter(({ code }) => code === "conflict")).toHaveLength(5);
  const having = await hub.db.query("SELECT FROM projects WHERE site_license ? $1", [license_id]);
  expect(having).toHaveLength(3);
});

test("a place of a licence is not had twice by deleting a project that has it and restoring that", async () => {
  const { admin, teacher, project_id, license_id } = await people();
  await admin.call("admin/licenses/update", { license_id, apply_limit: 1 });
  await teacher.call("licenses/assign", { license_id, project_ids: [project_id] });
  await teacher.call("projects/delete", { project_id });
  const other = (await teacher.call("projects/create", { title: "Other" })).project_id;
  for (const path of ["licenses/assign", "projects/add-license"] as const)
    expect(await teacher.refused(path, { license_id, project_ids: [other], project_id: other })).toMatchObject({
      code: "conflict",
      error: expect.stringContaining("deleted ones included"),
    });
  const { projects } = await teacher.call("licenses/get-projects", { license_id });
  expect(projects).toMatchObject([{ project_id, deleted: true }]);
  expect((await teacher.call("licenses/get-managed", {})).licenses).toMatchObject([{ projects: 1 }]);
  await teacher.call("licenses/unassign", { license_id, project_ids: [project_id] });
  await teacher.call("licenses/assign", { license_id, project_ids: [other] });
  expect((await teacher.refused("licenses/assign", { license_id, project_ids: [project_id] })).code).toBe("not_found");
});

test("giving a licence to a thousand projects and taking it away by turns comes to an end, and fills no log with ids", async () => {
  const { hub, admin, teacher, license_id } = await people();
  const made = await hub.db.query<{ project_id: string }>(
    `INSERT INTO projects (project_id, title, users) SELECT gen_random_uuid(), 'Of many', $1 FROM generate_series(1, 1000)
     RETURNING project_id`,
    [JSON.stringify({ [teacher.accountId]: { group: "owner" } })],
  );
  const wish = { license_id, project_ids: made.map(({ project_id }) => project_id) };
  await teacher.call("licenses/assign", wish);
  await teacher.call("licenses/assign", wish); // they have it: nothing is changed, and nothing counted
  await teacher.call("licenses/unassign", wish);
  await teacher.call("licenses/assign", wish);
  expect(await teacher.refused("licenses/unassign", wish)).toMatchObject({
    code: "rate_limited",
    error: expect.stringContaining("very many projects"),
  });
  const having = await hub.db.query("SELECT FROM projects WHERE site_license ? $1", [license_id]);
  expect(having).toHaveLength(1_000);
  const records = await hub.db.query<{ value: { project_ids: string[] } }>(
    "SELECT value FROM central_log WHERE event IN ('license-given', 'license-taken')",
  );
  expect(records.map(({ value }) => value)).toEqual(
    Array(3).fill(expect.objectContaining({ license_id, projects: 1_000, by: teacher.accountId })),
  );
  expect(records.map(({ value }) => value.project_ids.length)).toEqual([100, 100, 100]);
  await admin.call("licenses/unassign", wish);
});

test("licences are listed page by page, and found by words, id and manager", async () => {
  const { admin, teacher, student, license_id } = await people();
  const of = async (wish: object) => {
    const { license_id: id } = await admin.call("admin/licenses/create", wish);
    return id;
  };
  const sale = await of({ title: "100% of a GPU", description: "for the lab" });
  const old = await of({ title: "Old", managers: [student.accountId] });
  const found = async (search: string) =>
    (await admin.call("admin/licenses/list", { search })).licenses.map(({ id }) => id).sort();
  expect(await found("gpu")).toEqual([sale]);
  expect(await found("%")).toEqual([sale]);
  expect(await found("THE LAB")).toEqual([sale]);
  expect(await found(license_id)).toEqual([license_id]);
  expect(await found(teacher.email)).toEqual([license_id]);
  expect(await found(student.email)).toEqual([old]);
  expect(await found("nothing of the kind")).toEqual([]);
  const pages: string[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const page = await admin.call("admin/licenses/list", { limit: 1, ...(after !== undefined && { after }) });
    pages.push(...page.licenses.map(({ id }) => id));
    after = page.next;
  }
  expect(pages).toEqual([old, sale, license_id]);
});

test("a licence made by SQL counts like one made by the page, and rubbish in a row hides no other", async () => {
  const { hub, admin, teacher, project_id, license_id } = await people();
  const [byHand] = await hub.db.query<{ id: string }>(
    `INSERT INTO site_licenses (title, quota, activates, managers, run_limit)
     VALUES ('By hand', '{"ram": "3", "cpu": 1, "member": true}', now(), ARRAY[$1], 2) RETURNING id`,
    [teacher.accountId],
  );
  const id = byHand?.id ?? "";
  expect((await teacher.call("licenses/get-managed", {})).licenses.map((license) => license.id)).toContain(id);
  await hub.db.execute("UPDATE projects SET site_license = jsonb_build_object($1::text, '{}'::jsonb)", [id]);
  const { inputs } = await teacher.call("projects/quota", { project_id });
  expect(inputs.licenses).toMatchObject([
    { id, title: "By hand", quota: { ram: 3, cpu: 1, member: true }, status: "valid", license: { run_limit: 2 } },
  ]);
  await hub.db.execute(
    `INSERT INTO site_licenses (title, quota, upgrades, activates, expires, managers)
     VALUES (NULL, '[1]', '"x"', '-infinity', 'infinity', ARRAY['nobody', NULL]), ('Odd', '{"ram": "lots", "cpu": 2}', NULL, NULL, NULL, NULL)`,
  );
  const { licenses } = await admin.call("admin/licenses/list", {});
  expect(licenses).toHaveLength(4);
  expect(licenses.find(({ title }) => title === "Odd")).toMatchObject({
    quota: { cpu: 2 },
    activates: null,
    not_counted: ["quota.ram: must be a number from 0 on"],
  });
  expect(licenses.find(({ title }) => title === "")).toMatchObject({
    quota: null,
    upgrades: null,
    activates: "0001-01-01T00:00:00.000Z",
    expires: "9999-12-31T00:00:00.000Z",
    managers: [],
  });
  expect(licenses.some((license) => license.id === license_id)).toBe(true);
});

test("how many ran with a licence: the most in each span, from what was open before it to what is open still", async () => {
  const { hub, teacher, license_id } = await people();
  const ran = (from: string, to: string | null) =>
    hub.db.execute(
      `INSERT INTO site_license_usage_log (license_id, project_id, start, stop)
       VALUES ($1, gen_random_uuid(), (now() AT TIME ZONE 'UTC') - $2::interval, (now() AT TIME ZONE 'UTC') - $3::interval)`,
      [license_id, from, to],
    );
  await ran("40 days", "5 days"); // since before
  await ran("20 days", "10 days");
  await ran("10 days", "9 days"); // took the place of that one
  await ran("2 days", null);
  await ran("90 days", "80 days"); // over before
  await ran("1 day", "1 day");
  const { points, spanSeconds } = await teacher.call("licenses/usage", { license_id, days: 24 });
  expect([points.length, spanSeconds]).toEqual([240, 8_640]);
  const daysAgo = (days: number) => points[Math.floor(240 - days * 10)]?.running;
  expect([23.95, 20.5, 19.5, 12, 9.5, 8.5, 4.5, 2.5, 1.5, 0.1].map(daysAgo)).toEqual([1, 1, 2, 2, 2, 1, 0, 0, 1, 1]);
  expect(Date.parse(points[1]?.time ?? "") - Date.parse(points[0]?.time ?? "")).toBe(8_640_000);
});

test("a change of a licence, and of which a project has, is told to whoever listens", async () => {
  const { hub, admin, teacher, project_id, license_id } = await people();
  const told: string[] = [];
  const life = newLife("listener");
  await hub.db.listen(life, {
    channels: ["site_licenses", "projects_quota"],
    onNotify: (key, channel) => told.push(`${channel} ${key}`),
    onMissed: () => undefined,
  });
  await admin.call("admin/licenses/update", { license_id, run_limit: 1 });
  await teacher.call("projects/add-license", { project_id, license_id });
  await until(() => told.length === 2);
  expect(told).toEqual([`site_licenses ${license_id}`, `projects_quota ${project_id}`]);
});
