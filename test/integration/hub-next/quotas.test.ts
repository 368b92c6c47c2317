import { expect, test } from "@jest/globals";
import { licenseHook } from "../../../src/domain/licenses/rules.ts";
import { mailKinds } from "../../../src/domain/mail/outbox.ts";
import { MOST_LICENSES } from "../../../src/domain/quotas/counted-rules.ts";
import { runQuota } from "../../../src/domain/quotas/rules.ts";
import { startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { openSmtp } from "../../helpers/smtp.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

async function people(env: Record<string, string> = {}) {
  const life = newLife();
  const hub = await startHub(life, await openTestDb(life), { env });
  const admin = await hub.signedUp({ firstName: "Root" }); // the first account of a site
  const owner = await hub.signedUp({ firstName: "Olga" });
  const collaborator = await hub.signedUp({ firstName: "Carl", lastName: "Collins" });
  const { project_id } = await owner.call("projects/create", { title: "Shared" });
  await owner.call("projects/collaborators/add", { project_id, account_id: collaborator.accountId });
  return { hub, admin, owner, collaborator, project_id };
}

test("a browser is told all of which the quota is made, and computes by it what the server would", async () => {
  const { hub, admin, owner, project_id } = await people({
    COCALC_SETTING_DEFAULT_QUOTAS: '{"internet":true,"idle_timeout":3600,"mem":1000,"cpu":1,"cpu_oc":10,"mem_oc":5}',
    COCALC_SETTING_MAX_UPGRADES: '{"memory":8000}',
    COCALC_MEM_REQUEST_ADJUSTMENT: '{"lim":500}',
  });
  const { license_id } = await admin.call("admin/licenses/create", {
    title: "Lab",
    quota: { ram: 4, cpu: 2, disk: 5, member: true, idle_timeout: "medium" },
  });
  await owner.call("projects/add-license", { project_id, license_id });
  await hub.db.execute("UPDATE projects SET users = jsonb_set(users, ARRAY[$1, 'upgrades'], $2)", [
    owner.accountId,
    JSON.stringify({ memory: 500 }),
  ]);
  const { inputs, run_quota, pending_quota } = await owner.call("projects/quota", { project_id });
  expect(inputs).toMatchObject({ maxUpgrades: { memory: 8000 }, upgrades: [{ memory: 500 }], settings: {} });
  expect({ run_quota, pending_quota }).toEqual({ run_quota: null, pending_quota: null });
  expect(runQuota(inputs)).toMatchObject({
    memory_limit: 4000,
    memory_request: 500,
    cpu_limit: 2,
    disk_quota: 5000,
    idle_timeout: 7200,
  });
  await admin.call("admin/settings/set", { name: "kucalc", value: "yes" });
  await until(async () => {
    const elsewhere = await owner.call("projects/quota", { project_id });
    return Object.keys({ ...elsewhere.inputs.defaultQuotas, ...elsewhere.inputs.maxUpgrades }).length === 0;
  });
});

test("default quotas that are not well formed showed on every page as a lower quota, which no start gave", async () => {
  const { hub, owner, project_id } = await people({ COCALC_SETTING_KUCALC: "onprem" });
  const illFormed = async () => (await owner.call("projects/quota", { project_id })).inputs.illFormed;
  const set = (value: string) =>
    hub.db.execute(
      "INSERT INTO server_settings (name, value) VALUES ('default_quotas', $1) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value",
      [value],
    );
  expect(await illFormed()).toEqual([]);
  await set("{mem: 4000");
  await until(async () => (await illFormed())?.length === 1);
  expect(await illFormed()).toEqual(["default_quotas"]);
  await set('{"mem":4000}');
  await until(async () => (await illFormed())?.length === 0);
});

test("of each licence is told whether it counts by now, and why not", async () => {
  const { hub, admin, owner, project_id } = await people();
  const make = async (wish: object) => {
    const { license_id } = await admin.call("admin/licenses/create", { quota: { ram: 1 }, ...wish });
    await owner.call("projects/add-license", { project_id, license_id });
    return license_id;
  };
  const status = async () => {
    const { inputs } = await owner.call("projects/quota", { project_id });
    return Object.fromEntries(inputs.licenses.map(({ id, status, reason }) => [id, [status, reason]]));
  };
  const ids = {
    over: await make({ activates: "2001-01-01T00:00:00Z", expires: "2002-01-01T00:00:00Z" }),
    later: await make({ activates: "2090-01-01T00:00:00Z" }),
    full: await make({ run_limit: 0 }),
    good: await make({ run_limit: 1 }),
    gone: await make({}),
  };
  await hub.db.execute("DELETE FROM site_licenses WHERE id = $1", [ids.gone]);
  expect(await status()).toEqual({
    [ids.over]: ["expired", expect.stringContaining("2002-01-01")],
    [ids.later]: ["future", expect.stringContaining("2090-01-01")],
    [ids.full]: ["exhausted", expect.stringContaining("0 projects run with it")],
    [ids.good]: ["valid", undefined],
    [ids.gone]: ["expired", "There is no such licence (any more)."],
  });
  // It runs with the only place of its licence, which is a place for itself.
  await hub.db.execute("INSERT INTO site_license_usage_log (license_id, project_id, start) VALUES ($1, $2, now())", [
    ids.good,
    project_id,
  ]);
  expect((await status())[ids.good]).toEqual(["valid", undefined]);
  const other = await owner.call("projects/create", { title: "Another" });
  await owner.call("projects/add-license", { project_id: other.project_id, license_id: ids.good });
  const { inputs } = await owner.call("projects/quota", { project_id: other.project_id });
  expect(inputs.licenses).toMatchObject([{ status: "exhausted", license: { running: 1, run_limit: 1 } }]);
});

test("of more licences than count a page promised them all, and a start did not give them", async () => {
  const { hub, owner, project_id } = await people();
  const idOf = (index: number) => `${String(index).padStart(8, "0")}-0000-4000-8000-000000000001`;
  const many = 2 * MOST_LICENSES + 3;
  // Each third has ended; the upgrades are small, so each one that counts shows in the sum.
  await hub.db.execute(
    `INSERT INTO site_licenses (id, upgrades, activates, expires)
     SELECT (lpad(n::text, 8, '0') || '-0000-4000-8000-000000000001')::uuid, '{"memory": 10}', '2020-01-01', CASE WHEN n % 3 = 0 THEN timestamp '2021-01-01' END
     FROM generate_series(0, $1 - 1) AS n`,
    [many],
  );
  await hub.db.execute(
    `UPDATE projects SET site_license = (SELECT jsonb_object_agg(id, '{}'::jsonb) FROM site_licenses) WHERE project_id = $1`,
    [project_id],
  );
  const { inputs } = await owner.call("projects/quota", { project_id });
  const row = { title: null, quota: null, upgrades: { memory: 10 }, activates: "2020-01-01T00:00:00", run_limit: null };
  const ids = Array.from({ length: many }, (_, index) => idOf(index));
  const start = licenseHook({
    inputs,
    ids,
    licenses: ids.map((id, index) => ({ ...row, id, expires: index % 3 === 0 ? "2021-01-01T00:00:00" : null })),
    nowMs: Date.now(),
    hasSeat: () => true,
  });
  expect(runQuota(inputs)).toEqual(start.quota);
  expect(start.quota.memory_limit).toBe(1_000 + 10 * MOST_LICENSES);
  const told = new Map(inputs.licenses.map(({ id, status, reason }) => [id, { status, reason }]));
  for (const [id, { status, reason }] of Object.entries(start.values)) {
    expect(told.get(id)).toEqual({ status: status === "active" ? "valid" : status, reason });
  }
});

test("a viewer is told no licence: who knows its id may use it", async () => {
  const { hub, owner, project_id } = await people();
  const viewer = await hub.signedUp();
  await owner.call("projects/collaborators/add", { project_id, account_id: viewer.accountId, group: "viewer" });
  expect((await viewer.refused("projects/quota", { project_id })).code).toBe("forbidden");
});

test("what an administrator grants is kept in the settings of the project, taken back by null, and on record", async () => {
  const { hub, admin, owner, project_id } = await people();
  const settings = async () => (await hub.db.query<{ settings: object }>("SELECT settings FROM projects"))[0]?.settings;
  expect((await owner.refused("projects/set-admin-quotas", { project_id, memory_limit: 9_000 })).code).toBe(
    "forbidden",
  );
  const grant = {
    memory_limit: 4_000,
    memory_request: 1_500,
    cpu_request: 0.5,
    cpu_limit: 2,
    disk_quota: 5_000,
    idle_timeout: 7_200,
    internet: true,
    member_host: true,
    always_running: true,
    pool: "lab",
  };
  expect(await admin.call("projects/set-admin-quotas", { project_id, ...grant })).toEqual({ status: "success" });
  expect(await settings()).toEqual({
    memory: 4_000,
    memory_request: 1_500,
    cpu_shares: 512,
    cores: 2,
    disk_quota: 5_000,
    mintime: 7_200,
    network: 1,
    member_host: 1,
    always_running: 1,
    pool: "lab",
  });
  const { inputs } = await owner.call("projects/quota", { project_id });
  expect(runQuota(inputs)).toMatchObject({
    memory_limit: 4_000,
    cpu_request: 0.5,
    idle_timeout: 7_200,
    network: true,
    pool: "lab",
  });
  await admin.call("projects/set-admin-quotas", { project_id, memory_limit: null, disable_internet: true });
  expect(await settings()).not.toHaveProperty("memory");
  expect(runQuota((await owner.call("projects/quota", { project_id })).inputs)).toMatchObject({
    memory_limit: 1_000,
    network: false,
  });
  const recorded = await hub.db.query("SELECT value FROM central_log WHERE event = 'project-quotas-set' ORDER BY time");
  expect(recorded).toMatchObject([
    { value: { project_id, by: admin.accountId, set: { memory: 4_000 }, was: {} } },
    { value: { project_id, drop: ["memory"], set: { disableInternet: true }, was: { memory: 4_000 } } },
  ]);
  const { log } = await owner.call("projects/log", { project_id });
  expect(log[0]?.event).toEqual({ event: "set_quotas", set: { disableInternet: true }, drop: ["memory"] });
  const missing = await admin.refused("projects/set-admin-quotas", { project_id: admin.accountId, cpu_limit: 1 });
  expect(missing.code).toBe("not_found");
});

test("a collaborator asks the owners for more, and an owner the administrators, in words without links of theirs", async () => {
  const smtp = await openSmtp(newLife());
  const { hub, admin, owner, collaborator, project_id } = await people(smtp.env);
  await owner.call("projects/update", { project_id, title: "Win at https://casino.example now" });
  const ask = { project_id, what: "memory", message: "My matrix is large.\n\nSee www.matrix.example" } as const;
  expect(await collaborator.call("projects/ask-for-more", ask)).toEqual({ asked: "owners", mailed: true });
  const mail = await smtp.mailTo(owner.email);
  expect(mail.subject).toContain("asks for more memory");
  expect(mail.text).toContain("Carl Collins asks for more memory for the project");
  expect(mail.text).toContain("My matrix is large. See www. matrix. example");
  expect(mail.text).toContain(`/app/projects/${project_id}/settings`);
  expect(mail.text).not.toMatch(/casino\.example|matrix\.example/);
  expect(await owner.call("projects/ask-for-more", ask)).toEqual({ asked: "administrators", mailed: true });
  await smtp.mailTo("help@lab.example");
  await hub.db.execute("UPDATE server_settings SET value = '' WHERE name = 'help_email'");
  await until(async () => (await owner.call("customize", { fields: ["help_email"] })).help_email === "");
  await owner.call("projects/ask-for-more", ask);
  await smtp.mailTo(admin.email);
  const { log } = await owner.call("projects/log", { project_id, limit: 3 });
  expect(log.map(({ event }) => event)).toMatchObject([
    { event: "ask_for_more", what: "memory", asked: "administrators" },
    { event: "ask_for_more", asked: "administrators" },
    { event: "ask_for_more", what: "memory", message: ask.message, asked: "owners" },
  ]);
});

test("one who asks in all their projects takes nothing from others who ask the same people", async () => {
  const smtp = await openSmtp(newLife());
  const { hub, owner, collaborator } = await people(smtp.env);
  const askIn = async (asker: typeof owner, title: string) => {
    const { project_id } = await asker.call("projects/create", { title });
    return asker.try("projects/ask-for-more", { project_id, what: "cpu" });
  };
  for (const title of ["A", "B", "C"])
    expect(await askIn(collaborator, title)).toEqual({ asked: "administrators", mailed: true });
  for (const title of ["D", "E"]) expect(await askIn(collaborator, title)).toMatchObject({ code: "rate_limited" });
  expect(await askIn(owner, "F")).toEqual({ asked: "administrators", mailed: true });
  // Of all that one address gets in an hour the last: the address of all is not the mailbox of a flood.
  const left = 26;
  await hub.db.execute("UPDATE rate_limits SET points = $1 WHERE key LIKE 'mail_of_a_kind:%'", [
    mailKinds.ask_for_more.perHour - left,
  ]);
  const others = await Promise.all(Array.from({ length: 10 }, () => hub.signedUp()));
  const answers = await Promise.all(others.flatMap((other) => ["G", "H", "I"].map((title) => askIn(other, title))));
  expect(answers.filter((answer) => Reflect.get(Object(answer), "mailed") === true)).toHaveLength(left);
});

test("a stranger who was just made an owner gets no mail with a member's words, and does after doing something there", async () => {
  const smtp = await openSmtp(newLife());
  const { hub, owner, collaborator, project_id } = await people(smtp.env);
  const stranger = await hub.signedUp({ firstName: "Sam" });
  await owner.call("projects/collaborators/add", { project_id, account_id: stranger.accountId });
  const whose = { project_id, target_account_id: stranger.accountId };
  await owner.call("projects/collaborators/change-user-type", { ...whose, new_group: "owner" });
  const ask = { project_id, what: "memory", message: "Look at this" } as const;
  const asked = async () => {
    const { length } = smtp.mails;
    expect(await collaborator.call("projects/ask-for-more", ask)).toEqual({ asked: "owners", mailed: true });
    await until(async () => (await hub.db.query("SELECT FROM outgoing_mail")).length === 0);
    return smtp.mails.slice(length).map(({ to }) => to);
  };
  expect(await asked()).toEqual([owner.email]);
  await stranger.call("projects/update", { project_id, description: "Mine too" });
  expect((await asked()).sort()).toEqual([owner.email, stranger.email].sort());
  await hub.db.execute("DELETE FROM project_log WHERE account_id = $1", [stranger.accountId]);
  await hub.db.execute("UPDATE project_log SET time = time - interval '25 hours'");
  expect((await asked()).sort()).toEqual([owner.email, stranger.email].sort());
});

test("asking again and again is bounded, and where there is no mail it is said that nobody was written to", async () => {
  const { owner, collaborator, project_id } = await people();
  const ask = { project_id, what: "cpu" } as const;
  for (let asked = 0; asked < 3; asked += 1) {
    expect(await collaborator.call("projects/ask-for-more", ask)).toEqual({ asked: "owners", mailed: false });
  }
  expect(await collaborator.refused("projects/ask-for-more", ask)).toMatchObject({
    code: "rate_limited",
    retryAfterSeconds: expect.any(Number),
  });
  expect(await owner.call("projects/ask-for-more", ask)).toEqual({ asked: "administrators", mailed: false });
});
