import { expect, test } from "@jest/globals";
import { CREATE_HOUR } from "../../../src/domain/projects/limits.ts";
import type { Endpoint } from "../../../src/protocol/api-v2.ts";
import { endpoints } from "../../../src/protocol/api-v2-table.ts";
import { startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

/** A hub with an administrator, an owner and two more people. */
async function people() {
  const life = newLife();
  const hub = await startHub(life, await openTestDb(life));
  const admin = await hub.signedUp({ firstName: "Root" });
  const owner = await hub.signedUp({ firstName: "Olga" });
  const collaborator = await hub.signedUp({ firstName: "Carl" });
  const other = await hub.signedUp({ firstName: "Otto" });
  const { project_id } = await owner.call("projects/create", { title: "Shared" });
  await owner.call("projects/collaborators/add", { project_id, account_id: collaborator.accountId });
  return { hub, admin, owner, collaborator, other, project_id };
}

test("members come and go, and what they may follows at once", async () => {
  const { owner, collaborator, other, project_id } = await people();
  const list = async () =>
    (await owner.call("projects/collaborators/list", { project_id })).collaborators.map(
      ({ first_name, group }) => `${first_name} ${group}`,
    );
  expect(await list()).toEqual(["Olga owner", "Carl collaborator"]);
  await collaborator.call("projects/collaborators/add", { project_id, account_id: other.accountId });
  await until(async () => !("code" in ((await other.try("projects/get-one", { project_id })) as object)), {
    timeoutMs: 10_000,
  });
  await owner.call("projects/collaborators/remove", { project_id, account_id: other.accountId });
  await until(async () => "code" in ((await other.try("projects/get-one", { project_id })) as object), {
    timeoutMs: 10_000,
  });
  expect(
    (await collaborator.refused("projects/collaborators/remove", { project_id, account_id: owner.accountId })).code,
  ).toBe("forbidden");
  await collaborator.call("projects/collaborators/remove", { project_id, account_id: collaborator.accountId });
  expect(await list()).toEqual(["Olga owner"]);
});

test("an owner cannot be lost: not removed, not made less when alone, not by two at once", async () => {
  const { hub, owner, collaborator, project_id } = await people();
  const change = (target_account_id: string, new_group: "owner" | "collaborator") => ({
    project_id,
    target_account_id,
    new_group,
  });
  expect(
    (await collaborator.refused("projects/collaborators/change-user-type", change(collaborator.accountId, "owner")))
      .code,
  ).toBe("forbidden");
  expect(
    (await owner.refused("projects/collaborators/change-user-type", change(owner.accountId, "collaborator"))).code,
  ).toBe("conflict");
  expect((await owner.refused("projects/collaborators/remove", { project_id, account_id: owner.accountId })).code).toBe(
    "forbidden",
  );
  await owner.call("projects/collaborators/change-user-type", change(collaborator.accountId, "owner"));
  await until(
    async () =>
      !(
        "code" in
        ((await collaborator.try(
          "projects/collaborators/change-user-type",
          change(owner.accountId, "owner"),
        )) as object)
      ),
  );
  await Promise.all([
    owner.try("projects/collaborators/change-user-type", change(collaborator.accountId, "collaborator")),
    collaborator.try("projects/collaborators/change-user-type", change(owner.accountId, "collaborator")),
  ]);
  const [project] = await hub.db.query<{ users: Record<string, { group: string }> }>("SELECT users FROM projects");
  expect(Object.values(project?.users ?? {}).filter(({ group }) => group === "owner")).toHaveLength(1);
});

test("a project's API key changed its members, deleted it and restored it: it is for work in the project alone", async () => {
  const { hub, owner, collaborator, other, project_id } = await people();
  const program = hub.browser();
  const keyOf = async (of?: string) => {
    const { response } = await owner.call("api-keys", {
      action: "create",
      ...(of !== undefined && { project_id: of }),
    });
    return { Authorization: `Bearer ${response[0]?.secret}` };
  };
  const projectKey = await keyOf(project_id);
  const body = { project_id, target_account_id: collaborator.accountId, new_group: "owner", hide: true };
  const withKey = (path: string, more: object) => program.try(path, { ...body, ...more }, projectKey);
  for (const [path, { access, keys }] of Object.entries<Endpoint>(endpoints)) {
    if (access === "anyone" || keys === "project") continue;
    const answer = await withKey(path, { account_id: other.accountId });
    expect({ path, answer }).toMatchObject({ path, answer: { code: "forbidden" } });
  }
  expect(await withKey("projects/update", { manage_users_owner_only: true })).toMatchObject({ code: "forbidden" });
  expect(await withKey("projects/update", { title: "By a program" })).toEqual({ status: "ok" });
  expect(await withKey("projects/start", {})).toEqual({ status: "ok" });
  const { collaborators } = await owner.call("projects/collaborators/list", { project_id });
  expect(collaborators.map(({ first_name, group }) => `${first_name} ${group}`)).toEqual([
    "Olga owner",
    "Carl collaborator",
  ]);
  const add = { project_id, account_id: other.accountId };
  expect(await program.try("projects/collaborators/add", add, await keyOf())).toEqual({ status: "ok" });
});

test("making and deleting projects in a loop goes on for ever: an account is stopped, an administrator is not", async () => {
  const { hub, admin, owner, other } = await people();
  const nearlyAll = "UPDATE rate_limits SET points = $1 WHERE key LIKE 'create_project_hour:%'"; // of the one who has made some
  await hub.db.execute(nearlyAll, [CREATE_HOUR.points - 2]);
  for (const title of ["A", "B"]) {
    const { project_id } = await owner.call("projects/create", { title });
    await owner.call("projects/delete", { project_id });
  }
  const refused = await owner.refused("projects/create", { title: "C" });
  expect(refused).toMatchObject({ code: "rate_limited", retryAfterSeconds: expect.any(Number) });
  expect(refused.error).toMatch(/those that were deleted included. Try again in \d+ minutes\.$/);
  const { projects } = await owner.call("projects/get", {});
  expect(projects.map(({ title }) => title)).toEqual(["Shared"]);
  await other.call("projects/create", { title: "of somebody else" });
  for (let made = 0; made < 3; made += 1) await admin.call("projects/create", { title: "of an administrator" });
  const counted = await hub.db.query("SELECT FROM rate_limits WHERE key LIKE 'create_project_%'");
  expect(counted).toHaveLength(4); // two people, an hour and a day
});

test("a project's API key is for these endpoints, and a new one only where somebody says so", () => {
  const paths = Object.entries<Endpoint>(endpoints).flatMap(([path, { keys }]) => (keys === "project" ? [path] : []));
  expect(paths).toEqual([
    "projects/get-one",
    "projects/start",
    "projects/stop",
    "projects/touch",
    "projects/update",
    "projects/log",
    "projects/collaborators/list",
  ]);
});

test("only owners manage members where the project, or the site, says so", async () => {
  const { hub, owner, collaborator, other, project_id } = await people();
  const add = { project_id, account_id: other.accountId };
  expect((await collaborator.refused("projects/update", { project_id, manage_users_owner_only: true })).code).toBe(
    "forbidden",
  );
  await owner.call("projects/update", { project_id, manage_users_owner_only: true });
  expect((await collaborator.refused("projects/collaborators/add", add)).code).toBe("forbidden");
  await owner.call("projects/update", { project_id, manage_users_owner_only: false });
  await hub.db.execute("INSERT INTO server_settings (name, value) VALUES ('strict_collaborator_management', 'yes')");
  await until(async () => "code" in ((await collaborator.try("projects/collaborators/add", add)) as object));
  await owner.call("projects/collaborators/add", add);
});

test("who is invited by address joins when they sign up, unless whoever invited has left", async () => {
  const { hub, owner, collaborator, project_id } = await people();
  await owner.call("projects/collaborators/add", { project_id, email_address: "New@Example.org" });
  await collaborator.call("projects/collaborators/add", { project_id, email_address: "late@example.org" });
  await owner.call("projects/collaborators/add", { project_id, email_address: "dropped@example.org" });
  await owner.call("projects/collaborators/remove", { project_id, email_address: "dropped@example.org" });
  const { invited } = await owner.call("projects/collaborators/list", { project_id });
  expect(invited.map(({ email_address }) => email_address)).toEqual(["late@example.org", "new@example.org"]);
  const invitee = await hub.signedUp({ email: "new@example.org", firstName: "Nina" });
  expect((await invitee.call("projects/get", {})).projects.map(({ title }) => title)).toEqual(["Shared"]);
  await owner.call("projects/collaborators/remove", { project_id, account_id: collaborator.accountId });
  const late = await hub.signedUp({ email: "late@example.org" });
  const dropped = await hub.signedUp({ email: "dropped@example.org" });
  expect((await late.call("projects/get", {})).projects).toEqual([]);
  expect((await dropped.call("projects/get", {})).projects).toEqual([]);
});

test("a project is deleted, stops, is gone for its members, and is restored by its owner", async () => {
  const { owner, collaborator, project_id } = await people();
  expect((await collaborator.refused("projects/delete", { project_id })).code).toBe("forbidden");
  await owner.call("projects/delete", { project_id });
  await owner.call("projects/delete", { project_id });
  await until(async () => "code" in ((await owner.try("projects/start", { project_id })) as object));
  expect((await owner.call("projects/get", {})).projects).toEqual([]);
  const [deleted] = (await owner.call("projects/get", { deleted: true })).projects;
  expect(deleted).toMatchObject({ project_id, deleted: true, action_request: { action: "stop" } });
  await owner.call("projects/restore", { project_id });
  await until(async () => !("code" in ((await owner.try("projects/start", { project_id })) as object)));
  const { log } = await owner.call("projects/log", { project_id });
  expect(log.map(({ event }) => event.event)).toEqual([
    "project_start_requested",
    "undelete_project",
    "delete_project",
    "project_stop_requested",
    "invite_user",
    "project_created",
  ]);
});

test("changes are written, logged without secrets, and names are one owner's once", async () => {
  const { owner, collaborator, project_id } = await people();
  await collaborator.call("projects/update", { project_id, title: "Better", env: { TOKEN_OF_MINE: "hush" } });
  expect((await owner.call("projects/get-one", { project_id })).title).toBe("Better");
  expect(JSON.stringify(await owner.call("projects/log", { project_id }))).not.toContain("hush");
  await owner.call("projects/update", { project_id, name: "thesis" });
  const second = await owner.call("projects/create", { title: "Second" });
  expect((await owner.refused("projects/update", { ...second, name: "Thesis" })).code).toBe("conflict");
  const { project_id: others } = await collaborator.call("projects/create", { title: "Mine" });
  await collaborator.call("projects/update", { project_id: others, name: "thesis" });
  expect((await owner.refused("projects/update", { project_id, env: { "BAD NAME": "x" } })).code).toBe("invalid");
});

test("what others wrote into a project in another shape is left out of its answers", async () => {
  const { hub, owner, project_id } = await people();
  await hub.db.execute(
    `UPDATE projects SET state = '{"state": "levitating"}', action_request = '[]', users = users || '{"": null, "x": {"group": "guest"}}'
     WHERE project_id = $1`,
    [project_id],
  );
  const project = await owner.call("projects/get-one", { project_id });
  expect(project).toMatchObject({ state: null, action_request: null });
  expect(Object.keys(project.users)).toHaveLength(2);
  expect((await owner.call("projects/get", {})).projects).toHaveLength(1);
});

test("lists come in pages that miss and double nothing, though many rows have one time, or one at infinity", async () => {
  const { hub, owner, project_id } = await people();
  await hub.db.execute(
    `INSERT INTO projects (project_id, title, users, last_edited)
     SELECT gen_random_uuid(), 'bulk ' || i, $1, '2026-01-01 00:00:00.123456'::timestamp + (i / 7) * interval '1 microsecond' FROM generate_series(1, 60) i`,
    [JSON.stringify({ [owner.accountId]: { group: "owner" } })],
  );
  // As only SQL writes: more than one page of them.
  await hub.db.execute("UPDATE projects SET created = 'infinity', last_edited = 'infinity' WHERE title LIKE 'bulk 1%'");
  await hub.db.execute("UPDATE projects SET created = '-infinity', last_edited = NULL WHERE title LIKE 'bulk 2%'");
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = await owner.call("projects/get", { limit: 7, ...(after !== undefined && { after }) });
    seen.push(...page.projects.map((project) => project.project_id));
    after = page.next ?? undefined;
  } while (after !== undefined);
  expect(seen).toHaveLength(61);
  expect(new Set(seen).size).toBe(61);
  expect(seen[11]).toBe(project_id);
  expect((await owner.refused("projects/get", { after: "'; drop table projects" })).code).toBe("invalid");
});

test("an administrator uses any project, and that is recorded", async () => {
  const { hub, admin, other, project_id } = await people();
  expect((await other.refused("projects/get-one", { project_id })).code).toBe("forbidden");
  await admin.call("projects/get-one", { project_id });
  await admin.call("projects/start", { project_id });
  const rows = await hub.db.query("SELECT value FROM central_log WHERE event = 'admin-used-project' ORDER BY time");
  const use = { account_id: admin.accountId, project_id };
  expect(rows).toEqual([{ value: { ...use, need: "see" } }, { value: { ...use, need: "control" } }]);
});

test("an API key does what it may and no more, by Bearer and by Basic", async () => {
  const { hub, owner, project_id } = await people();
  const { project_id: another } = await owner.call("projects/create", { title: "Another" });
  const [accountKey] = (await owner.call("api-keys", { action: "create", name: "all" })).response;
  const [projectKey] = (await owner.call("api-keys", { action: "create", name: "one", project_id })).response;
  const bearer = (key: string | undefined) => ({ Authorization: `Bearer ${key}` });
  const basic = (key: string | undefined) => ({ Authorization: `Basic ${Buffer.from(`${key}:`).toString("base64")}` });
  const program = hub.browser();
  expect((await program.call("projects/get", {}, bearer(accountKey?.secret))).projects).toHaveLength(2);
  expect(
    (await program.call("projects/get", {}, { ...basic(accountKey?.secret), Origin: "https://elsewhere.example" }))
      .projects,
  ).toHaveLength(2);
  expect((await program.call("projects/get-one", { project_id }, bearer(projectKey?.secret))).title).toBe("Shared");
  expect((await program.refused("projects/get-one", { project_id: another }, bearer(projectKey?.secret))).code).toBe(
    "forbidden",
  );
  expect((await program.refused("projects/get", {}, bearer(projectKey?.secret))).code).toBe("forbidden");
  expect((await program.refused("api-keys", { action: "create" }, bearer(accountKey?.secret))).code).toBe("forbidden");
  expect(
    (
      await program.refused(
        "accounts/set-password",
        { currentPassword: "a", newPassword: "b" },
        bearer(accountKey?.secret),
      )
    ).code,
  ).toBe("forbidden");
  expect((await owner.refused("projects/get", {}, bearer(`sk-${"0".repeat(49)}`))).code).toBe("unauthenticated");
  // What a proxy before us adds is not for us: the cookie counts.
  expect((await owner.call("projects/get", {}, { Authorization: `Basic ${btoa("team:lab")}` })).projects).toHaveLength(
    2,
  );
  expect(
    await owner.refused(
      "projects/get",
      {},
      { Authorization: `Basic ${btoa("team:lab")}`, Origin: "https://evil.example" },
    ),
  ).toMatchObject({ code: "forbidden" });
  expect(JSON.stringify((await owner.call("api-keys", { action: "get" })).response)).not.toContain(
    accountKey?.secret ?? "?",
  );
  await owner.call("api-keys", { action: "delete", id: accountKey?.id });
  await until(async () => "code" in ((await program.try("projects/get", {}, bearer(accountKey?.secret))) as object), {
    timeoutMs: 10_000,
  });
});
