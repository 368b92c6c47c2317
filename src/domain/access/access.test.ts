import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { testLog } from "../../../test/helpers/log.ts";
import { openTestDb } from "../../../test/helpers/postgres.ts";
import { until } from "../../../test/helpers/until.ts";
import { Life } from "../../core/life.ts";
import type { Db, Queryable } from "../../db/db.ts";
import { type Access, openAccess } from "./access.ts";
import { createApiKey, deleteApiKey, editApiKey, listApiKeys } from "./api-keys.ts";
import { Revocations } from "./revocations.ts";
import { createSession, endSession, endSessions } from "./sessions.ts";

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
  const identity = await access.identify({ session: session.cookieValue });
  if (identity === undefined) throw new Error("the session is not known");
  return { ...session, identity };
}

test("a session is known by its cookie until it ends, and the table holds no secret", async () => {
  const accountId = await newAccount();
  const { cookieValue, hash, identity } = await signedIn(accountId);
  expect(identity).toMatchObject({ accountId, isAdmin: false, name: "Ada L.", credential: { kind: "session", hash } });
  const rows = await db.query<{ all: string }>("SELECT remember_me::text AS all FROM remember_me");
  expect(rows.some((row) => row.all.includes(cookieValue))).toBe(false);
  expect(await access.identify({ session: hash })).toBeUndefined();
  expect(await endSession(db, hash)).toBe(true);
  await until(async () => (await access.identify({ session: cookieValue })) === undefined, { timeoutMs: 2_000 });
});

test("an expired session, a banned and a deleted account are strangers", async () => {
  const accountId = await newAccount();
  const old = await createSession(db, { accountId, ttlSeconds: -1 });
  expect(await access.identify({ session: old.cookieValue })).toBeUndefined();
  for (const column of ["banned", "deleted"]) {
    const { cookieValue } = await signedIn(accountId);
    await db.execute(`UPDATE accounts SET ${column} = true WHERE account_id = $1`, [accountId]);
    await until(async () => (await access.identify({ session: cookieValue })) === undefined, { timeoutMs: 2_000 });
    await db.execute(`UPDATE accounts SET ${column} = false WHERE account_id = $1`, [accountId]);
    await until(async () => (await access.identify({ session: cookieValue })) !== undefined, { timeoutMs: 2_000 });
  }
});

test("API keys: of the account or of one project, renamed, ended, deleted", async () => {
  const accountId = await newAccount(["admin"]);
  const projectId = await newProject({ [accountId]: "owner" });
  const foreign = await newProject({});
  const whole = await createApiKey(db, { accountId, name: "all" });
  const one = await createApiKey(db, { accountId, projectId, name: "one" });
  const identity = await access.identify({ apiKey: whole.secret });
  expect(identity).toMatchObject({ accountId, isAdmin: true, projectId: undefined });
  const bound = await access.identify({ apiKey: one.secret });
  if (identity === undefined || bound === undefined) throw new Error("the keys are not known");
  expect(await access.mayUseProject(bound, projectId)).toBe("owner");
  expect(await access.mayUseProject(bound, foreign)).toBeUndefined();
  expect(await access.mayUseProject(identity, foreign)).toBe("admin");
  expect((await listApiKeys(db, { accountId })).map(({ name }) => name)).toEqual(["all"]);
  expect((await listApiKeys(db, { accountId, projectId })).map(({ name }) => name)).toEqual(["one"]);
  const wrong = `${one.secret.slice(0, 20)}${one.secret[20] === "A" ? "B" : "A"}${one.secret.slice(21)}`;
  expect(await access.identify({ apiKey: wrong })).toBeUndefined();
  expect(await access.identify({ apiKey: one.secret.slice(0, -1) })).toBeUndefined();
  await editApiKey(db, { accountId, id: one.key.id, expire: new Date(Date.now() - 1_000) });
  await until(async () => (await access.identify({ apiKey: one.secret })) === undefined, { timeoutMs: 2_000 });
  await deleteApiKey(db, { accountId, id: whole.key.id });
  await until(async () => (await access.identify({ apiKey: whole.secret })) === undefined, { timeoutMs: 2_000 });
  await expect(deleteApiKey(db, { accountId: randomUUID(), id: one.key.id })).rejects.toThrow("no such API key");
});

test("membership: owner, collaborator, administrator, stranger, deleted project, odd entries", async () => {
  const [owner, collaborator, stranger] = [await newAccount(), await newAccount(), await newAccount()];
  const admin = await newAccount(["admin"]);
  const projectId = await newProject({ [owner]: "owner", [collaborator]: "collaborator", [stranger]: "invited" });
  const roleOf = async (accountId: string) => access.mayUseProject((await signedIn(accountId)).identity, projectId);
  expect(await Promise.all([owner, collaborator, stranger, admin].map(roleOf))).toEqual([
    "owner",
    "collaborator",
    undefined,
    "admin",
  ]);
  expect(await access.mayUseProject((await signedIn(admin)).identity, randomUUID())).toBeUndefined();
  await db.execute("UPDATE projects SET deleted = true WHERE project_id = $1", [projectId]);
  await until(async () => (await roleOf(owner)) === undefined, { timeoutMs: 2_000 });
  const { identity } = await signedIn(owner);
  expect(await access.mayUseProject(identity, projectId, { deleted: true })).toBe("owner");
});

test("a grant is fresh once, for whoever comes first", async () => {
  const accountId = await newAccount();
  const projectId = await newProject({ [accountId]: "owner" });
  const { identity } = await signedIn(accountId);
  expect(await access.grant(identity, projectId)).toEqual({ role: "owner", fresh: true });
  expect(await access.grant(identity, projectId)).toEqual({ role: "owner", fresh: false });
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
    "deletion of the project",
    ({ projectId }) => db.execute("UPDATE projects SET deleted = true WHERE project_id = $1", [projectId]),
    "not_member",
  ],
];

test.each(ENDINGS)("%s ends that account's connections within two seconds, and no others", async (_name, act, why) => {
  const [accountId, other] = [await newAccount(), await newAccount()];
  const projectId = await newProject({ [accountId]: "collaborator", [other]: "owner" });
  const otherProject = await newProject({ [other]: "owner" });
  const mine = await signedIn(accountId);
  const theirs = await signedIn(other);
  const ended: string[] = [];
  const since = access.revocations.moment();
  access.revocations.register({ identity: mine.identity, projectId, since, end: (reason) => ended.push(reason) });
  const releases = [otherProject, undefined].map((id) =>
    access.revocations.register({
      identity: theirs.identity,
      since,
      ...(id === undefined ? {} : { projectId: id }),
      end: () => ended.push("another's"),
    }),
  );
  const began = Date.now();
  await act({ accountId, projectId, hash: mine.hash });
  await until(() => ended.length > 0, { timeoutMs: 2_000 });
  expect(Date.now() - began).toBeLessThan(2_000);
  expect(ended).toEqual([why]);
  for (const release of releases) release();
  expect(access.revocations.size).toBe(0);
});

test("a right that ended between its check and the registration ends the connection too", async () => {
  const accountId = await newAccount();
  const since = access.revocations.moment();
  const { identity, hash, cookieValue } = await signedIn(accountId);
  await endSession(db, hash);
  await until(async () => (await access.identify({ session: cookieValue })) === undefined, { timeoutMs: 2_000 });
  const ended: string[] = [];
  access.revocations.register({ identity, since, end: (reason) => ended.push(reason) });
  await until(() => ended.length === 1, { timeoutMs: 2_000 });
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
    revocations.register({ identity, projectId, since, end: (reason) => ended.push(reason) });
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
  const right = () => ({ identity, projectId, since: revocations.moment(), end: () => {} });
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
