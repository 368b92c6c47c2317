import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { testLog } from "../../../test/helpers/log.ts";
import { openTestDb } from "../../../test/helpers/postgres.ts";
import { until } from "../../../test/helpers/until.ts";
import { messageOf } from "../../core/errors.ts";
import { Life } from "../../core/life.ts";
import type { Db, Queryable } from "../../db/db.ts";
import { type ProjectNeed, projectNeeds } from "../../protocol/project-rights.ts";
import { type Access, openAccess } from "./access.ts";
import { createApiKey, deleteApiKey, editApiKey, listApiKeys } from "./api-keys.ts";
import type { Identity } from "./identity.ts";
import { Revocations } from "./revocations.ts";
import { createSession, endSession, endSessions } from "./sessions.ts";

/** Where all come from who are looked up here. */
const ADDRESS = "192.0.2.1";
const life = new Life("access");
let db: Db;
let access: Access;

beforeAll(async () => {
  db = await openTestDb(life);
  access = await openAccess(life, db, { log: testLog() });
});

afterAll(async () => {
  expect(await life.stop()).toEqual([]);
});

async function newAccount(groups: string[] = []): Promise<string> {
  const accountId = randomUUID();
  await db.execute("INSERT INTO accounts (account_id, first_name, last_name, groups) VALUES ($1, 'Ada', 'L.', $2)", [
    accountId,
    groups,
  ]);
  return accountId;
}

async function newProject(users: Record<string, string>): Promise<string> {
  const projectId = randomUUID();
  const entries = Object.entries(users).map(([id, group]) => [id, { group }]);
  await db.execute("INSERT INTO projects (project_id, users) VALUES ($1, $2)", [
    projectId,
    JSON.stringify(Object.fromEntries(entries)),
  ]);
  return projectId;
}

async function signedIn(accountId: string) {
  const session = await createSession(db, { accountId });
  const identity = await access.identify({ session: session.cookieValue }, ADDRESS);
  if (identity === undefined) throw new Error("the session is not known");
  return { ...session, identity };
}

test("a session is known by its cookie until it ends, and the table holds no secret", async () => {
  const accountId = await newAccount();
  const { cookieValue, hash, identity } = await signedIn(accountId);
  expect(identity).toMatchObject({ accountId, isAdmin: false, name: "Ada L.", credential: { kind: "session", hash } });
  const rows = await db.query<{ all: string }>("SELECT remember_me::text AS all FROM remember_me");
  expect(rows.some((row) => row.all.includes(cookieValue))).toBe(false);
  expect(await access.identify({ session: hash }, ADDRESS)).toBeUndefined();
  expect(await endSession(db, hash)).toBe(true);
  await until(async () => (await access.identify({ session: cookieValue }, ADDRESS)) === undefined, {
    timeoutMs: 10_000,
  });
});

test("an expired session, a banned and a deleted account are strangers", async () => {
  const accountId = await newAccount();
  const old = await createSession(db, { accountId, ttlSeconds: -1 });
  expect(await access.identify({ session: old.cookieValue }, ADDRESS)).toBeUndefined();
  for (const column of ["banned", "deleted"]) {
    const { cookieValue } = await signedIn(accountId);
    await db.execute(`UPDATE accounts SET ${column} = true WHERE account_id = $1`, [accountId]);
    await until(async () => (await access.identify({ session: cookieValue }, ADDRESS)) === undefined, {
      timeoutMs: 10_000,
    });
    await db.execute(`UPDATE accounts SET ${column} = false WHERE account_id = $1`, [accountId]);
    await until(async () => (await access.identify({ session: cookieValue }, ADDRESS)) !== undefined, {
      timeoutMs: 10_000,
    });
  }
});

test("API keys: of the account or of one project, renamed, ended, deleted", async () => {
  const accountId = await newAccount(["admin"]);
  const projectId = await newProject({ [accountId]: "owner" });
  const foreign = await newProject({});
  const whole = await createApiKey(db, { accountId, name: "all", actsAsAdmin: true });
  const plain = await createApiKey(db, { accountId, name: "plain" });
  const one = await createApiKey(db, { accountId, projectId, name: "one", actsAsAdmin: true });
  expect(await access.identify({ apiKey: plain.secret }, ADDRESS)).toMatchObject({ accountId, isAdmin: false });
  const identity = await access.identify({ apiKey: whole.secret }, ADDRESS);
  expect(identity).toMatchObject({ accountId, isAdmin: true, projectId: undefined });
  const bound = await access.identify({ apiKey: one.secret }, ADDRESS);
  if (identity === undefined || bound === undefined) throw new Error("the keys are not known");
  expect(await access.authorise(bound, projectId, "run")).toBe("owner");
  await expect(access.authorise(bound, projectId, "own")).rejects.toThrow("API key cannot do this");
  await expect(access.authorise(bound, foreign, "see")).rejects.toMatchObject({ code: "forbidden" });
  expect(await access.authorise(identity, foreign, "see")).toBe("admin");
  expect((await listApiKeys(db, { accountId })).map(({ name }) => name)).toEqual(["all", "plain"]);
  expect((await listApiKeys(db, { accountId, projectId })).map(({ name }) => name)).toEqual(["one"]);
  const wrong = `${one.secret.slice(0, 20)}${one.secret[20] === "A" ? "B" : "A"}${one.secret.slice(21)}`;
  expect(await access.identify({ apiKey: wrong }, ADDRESS)).toBeUndefined();
  expect(await access.identify({ apiKey: one.secret.slice(0, -1) }, ADDRESS)).toBeUndefined();
  await editApiKey(db, { accountId, id: one.key.id, expire: new Date(Date.now() - 1_000) });
  await until(async () => (await access.identify({ apiKey: one.secret }, ADDRESS)) === undefined, {
    timeoutMs: 10_000,
  });
  await deleteApiKey(db, { accountId, id: whole.key.id });
  await until(async () => (await access.identify({ apiKey: whole.secret }, ADDRESS)) === undefined, {
    timeoutMs: 10_000,
  });
  await expect(deleteApiKey(db, { accountId: randomUUID(), id: one.key.id })).rejects.toThrow("no such API key");
});

/** As whom somebody may come, and what of a project they may want: all that the table says, and nobody else at all. */
const NEEDS_OF: Record<string, ProjectNeed[]> = {
  owner: projectNeeds,
  collaborator: ["see", "read", "log", "write", "run", "control", "configure", "members"],
  viewer: ["see", "read"],
  admin: projectNeeds,
  "key of an owner": ["see", "read", "log", "write", "run", "control", "configure"],
  "key of a viewer": ["see", "read"],
  "key of an administrator": [],
  "key of another project": [],
  stranger: [],
  "somebody with an odd entry": [],
};

async function whoMayCome() {
  const [owner, collaborator, viewer, admin, stranger, odd] = (await Promise.all(
    [[], [], [], ["admin"], [], []].map(async (groups) => newAccount(groups)),
  )) as [string, string, string, string, string, string]; // six came, six go
  const users = { [owner]: "owner", [collaborator]: "collaborator", [viewer]: "viewer", [odd]: "invited" };
  const [projectId, another] = [await newProject(users), await newProject({ [owner]: "owner" })];
  const person = async (accountId: string) => (await signedIn(accountId)).identity;
  const key = async (accountId: string, of: string) => {
    const { secret } = await createApiKey(db, { accountId, projectId: of, name: "key" });
    const identity = await access.identify({ apiKey: secret }, ADDRESS);
    if (identity === undefined) throw new Error("the key is not known");
    return identity;
  };
  const identities: Record<string, Identity> = {
    owner: await person(owner),
    collaborator: await person(collaborator),
    viewer: await person(viewer),
    admin: await person(admin),
    "key of an owner": await key(owner, projectId),
    "key of a viewer": await key(viewer, projectId),
    "key of an administrator": await key(admin, projectId),
    "key of another project": await key(owner, another),
    stranger: await person(stranger),
    "somebody with an odd entry": await person(odd),
  };
  return { projectId, identities };
}

test("everybody may exactly what the table says", async () => {
  const { projectId, identities } = await whoMayCome();
  const granted = async (identity: Identity, options: { deleted?: boolean } = {}) => {
    const answers = await Promise.allSettled(
      projectNeeds.map((need) => access.authorise(identity, projectId, need, options)),
    );
    for (const answer of answers) {
      if (answer.status === "rejected") expect(answer.reason).toMatchObject({ code: "forbidden" });
    }
    return projectNeeds.filter((_, index) => answers[index]?.status === "fulfilled");
  };
  const all = async (options = {}) =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(identities).map(async ([who, identity]) => [who, await granted(identity, options)] as const),
      ),
    );
  expect(await all()).toEqual(NEEDS_OF);
  await db.execute("UPDATE projects SET deleted = true WHERE project_id = $1", [projectId]);
  await until(async () => (await access.membersOf(projectId))?.deleted === true);
  expect(await all()).toEqual(Object.fromEntries(Object.keys(NEEDS_OF).map((who) => [who, []])));
  expect(await all({ deleted: true })).toEqual(NEEDS_OF);
});

test("there is one answer for a project of others and for one that does not exist", async () => {
  const { projectId, identities } = await whoMayCome();
  const refusal = (id: string) => access.authorise(identities.stranger as Identity, id, "see").catch(messageOf);
  expect(await refusal(projectId)).toBe(await refusal(randomUUID()));
});

test("what an administrator does with a project of others is recorded, each thing once a minute, wherever it is asked", async () => {
  const [admin, owner] = [await newAccount(["admin"]), await newAccount()];
  const projectId = await newProject({ [owner]: "owner" });
  const { identity } = await signedIn(admin);
  const other = await openAccess(life, db, { log: testLog() });
  for (const need of ["see", "see", "control", "see"] as const) await access.authorise(identity, projectId, need);
  await other.authorise(identity, projectId, "see");
  await access.authorise((await signedIn(owner)).identity, projectId, "see");
  const rows = await db.query<{ value: { account_id: string; need: string } }>(
    "SELECT value FROM central_log WHERE event = 'admin-used-project' AND value ->> 'project_id' = $1 ORDER BY time",
    [projectId],
  );
  expect(rows.map(({ value: { account_id, need } }) => [account_id, need])).toEqual([
    [admin, "see"],
    [admin, "control"],
  ]);
});

test("an administrator does nothing with a project of others that cannot be recorded", async () => {
  const projectId = await newProject({ [await newAccount()]: "owner" });
  const { identity } = await signedIn(await newAccount(["admin"]));
  await db.execute("ALTER TABLE central_log RENAME TO central_log_away");
  await expect(access.authorise(identity, projectId, "see")).rejects.toThrow();
  await db.execute("ALTER TABLE central_log_away RENAME TO central_log");
  expect(await access.authorise(identity, projectId, "see")).toBe("admin");
});

const ENDINGS: [string, (who: { accountId: string; projectId: string; hash: string }) => Promise<unknown>, string][] = [
  ["signing out", ({ hash }) => endSession(db, hash), "signed_out"],
  ["a password reset", ({ accountId }) => endSessions(db, { accountId }), "signed_out"],
  [
    "a ban",
    ({ accountId }) => db.execute("UPDATE accounts SET banned = true WHERE account_id = $1", [accountId]),
    "signed_out",
  ],
  [
    "deletion of the account",
    ({ accountId }) => db.execute("DELETE FROM accounts WHERE account_id = $1", [accountId]),
    "signed_out",
  ],
  [
    "removal from the project",
    ({ projectId, accountId }) =>
      db.execute("UPDATE projects SET users = users - $2::text WHERE project_id = $1", [projectId, accountId]),
    "not_member",
  ],
  [
    "becoming a viewer",
    ({ projectId, accountId }) =>
      db.execute(
        "UPDATE projects SET users = jsonb_set(users, ARRAY[$2, 'group'], '\"viewer\"') WHERE project_id = $1",
        [projectId, accountId],
      ),
    "other_role",
  ],
  [
    "deletion of the project",
    ({ projectId }) => db.execute("UPDATE projects SET deleted = true WHERE project_id = $1", [projectId]),
    "not_member",
  ],
];

test.each(ENDINGS)("%s ends that account's connections, and no others", async (_name, act, why) => {
  const [accountId, other] = [await newAccount(), await newAccount()];
  const projectId = await newProject({ [accountId]: "collaborator", [other]: "owner" });
  const otherProject = await newProject({ [other]: "owner" });
  const mine = await signedIn(accountId);
  const theirs = await signedIn(other);
  const ended: string[] = [];
  const since = access.revocations.moment();
  access.revocations.register({
    identity: mine.identity,
    project: { id: projectId, role: "collaborator" },
    since,
    end: (reason) => ended.push(reason),
  });
  const releases = [otherProject, undefined].map((id) =>
    access.revocations.register({
      identity: theirs.identity,
      since,
      ...(id === undefined ? {} : { project: { id, role: "owner" as const } }),
      end: () => ended.push("another's"),
    }),
  );
  await act({ accountId, projectId, hash: mine.hash });
  await until(() => ended.length > 0, { timeoutMs: 10_000 }); // what is known is believed for 15 s
  expect(ended).toEqual([why]);
  for (const release of releases) release();
  expect(access.revocations.size).toBe(0);
});

test("a right that ended between its check and the registration ends the connection too", async () => {
  const accountId = await newAccount();
  const since = access.revocations.moment();
  const { identity, hash, cookieValue } = await signedIn(accountId);
  await endSession(db, hash);
  await until(async () => (await access.identify({ session: cookieValue }, ADDRESS)) === undefined, {
    timeoutMs: 10_000,
  });
  const ended: string[] = [];
  access.revocations.register({ identity, since, end: (reason) => ended.push(reason) });
  await until(() => ended.length === 1, { timeoutMs: 10_000 });
});

test("a new connection is looked up again for what changed of its own since its check, and for nothing else", async () => {
  const [accountId, projectId] = [await newAccount(), await newProject({})];
  const { identity, hash } = await signedIn(accountId);
  const looked: string[] = [];
  const counting: Queryable = {
    query: (sql, values) => {
      looked.push(sql);
      return db.query(sql, values);
    },
    execute: (sql, values) => db.execute(sql, values),
  };
  const part = life.child("part");
  const revocations = new Revocations(part, { db: counting, log: testLog() });
  const ended: string[] = [];
  const register = (since: number) =>
    revocations.register({
      identity,
      project: { id: projectId, role: "owner" },
      since,
      end: (reason) => ended.push(reason),
    });
  revocations.allChanged();
  const since = revocations.moment();
  revocations.projectChanged(randomUUID());
  revocations.accountChanged(randomUUID());
  revocations.credentialChanged(`session ${"0".repeat(64)}`);
  const release = register(since);
  await db.query("SELECT 1"); // a look would have begun before this ended
  expect(looked).toEqual([]);
  release();
  const before = revocations.moment();
  revocations.credentialChanged(`session ${hash}`);
  register(before);
  await until(() => ended.length === 1);
  expect([ended, looked.length]).toEqual([["not_member"], 2]);
  expect(await part.stop()).toEqual([]);
});

test("a right stands for further use until something of its own changes", async () => {
  const [accountId, projectId] = [await newAccount(), await newProject({})];
  const { identity, hash } = await signedIn(accountId);
  const part = life.child("part");
  const revocations = new Revocations(part, { db, log: testLog() });
  const project = { id: projectId, role: "owner" as const };
  const right = () => ({ identity, project, since: revocations.moment(), end: () => {} });
  const registration = right();
  revocations.projectChanged(randomUUID());
  revocations.accountChanged(randomUUID());
  expect(revocations.stands(registration)).toBe(true);
  for (const change of [
    () => revocations.projectChanged(projectId),
    () => revocations.accountChanged(accountId),
    () => revocations.credentialChanged(`session ${hash}`),
    () => revocations.allChanged(),
  ]) {
    const used = right();
    expect(revocations.stands(used)).toBe(true);
    change();
    expect(revocations.stands(used)).toBe(false);
  }
  expect(await part.stop()).toEqual([]);
});

test("of more changes than are remembered it is known that there were some", async () => {
  const { identity, hash } = await signedIn(await newAccount());
  const part = life.child("part");
  const revocations = new Revocations(part, { db, log: testLog() });
  const since = revocations.moment();
  await endSession(db, hash);
  revocations.credentialChanged(`session ${hash}`);
  for (let count = 0; count < 10_000; count += 1) revocations.projectChanged(String(count));
  const ended: string[] = [];
  revocations.register({ identity, since, end: (reason) => ended.push(reason) });
  await until(() => ended.length === 1);
  expect(await part.stop()).toEqual([]);
});

test("what happened while the listener was away is found when it is back", async () => {
  const accountId = await newAccount();
  const { identity, hash } = await signedIn(accountId);
  const ended: string[] = [];
  const since = access.revocations.moment();
  access.revocations.register({ identity, since, end: (reason) => ended.push(reason) });
  await db.execute("ALTER TABLE remember_me DISABLE TRIGGER remember_me_delete");
  await endSession(db, hash);
  await db.execute("ALTER TABLE remember_me ENABLE TRIGGER remember_me_delete");
  await db.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%/listen' AND datname = current_database()",
  );
  await until(() => ended.length === 1, { timeoutMs: 10_000 });
});
