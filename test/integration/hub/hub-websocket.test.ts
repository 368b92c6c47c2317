import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { io, type Socket } from "socket.io-client";
import { Life } from "../../../src/core/life.ts";
import type { Db } from "../../../src/db/db.ts";
import { endSession } from "../../../src/domain/access/sessions.ts";
import type { AccountView, HubEvents, HubRequests } from "../../../src/protocol/hub-socket.ts";
import type { ProjectSummary } from "../../../src/protocol/project.ts";
import type { ProjectStart } from "../../../src/protocol/starts.ts";
import { newPerson, newProject, type Person, removeMember } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";

const life = new Life("hub-websocket");
let db: Db;
let hub: string;

beforeAll(async () => {
  db = await openTestDb(life);
  hub = await startRole(life, "hub-websocket", { db });
});

afterAll(async () => {
  expect(await life.stop()).toEqual([]);
});

/** A browser, and all that it was told. */
interface Browser {
  socket: Socket<HubEvents, HubRequests>;
  projects: ProjectSummary[];
  starts: ProjectStart[];
  removed: string[];
  accounts: AccountView[];
  events: string[];
  refused: string[];
  ask(name: string, body: unknown): Promise<Record<string, unknown>>;
}

const open: Browser[] = [];
afterEach(() => {
  for (let browser = open.pop(); browser; browser = open.pop()) browser.socket.disconnect();
});

function browse(cookie: string | undefined, headers: Record<string, string> = {}): Browser {
  const socket: Socket<HubEvents, HubRequests> = io(hub, {
    path: "/hub",
    transports: ["websocket"],
    reconnection: false,
    forceNew: true,
    extraHeaders: { ...(cookie === undefined ? {} : { cookie }), ...headers },
  });
  const browser: Browser = {
    socket,
    projects: [],
    starts: [],
    removed: [],
    accounts: [],
    events: [],
    refused: [],
    ask: (name, body) =>
      (socket as unknown as Socket).timeout(5_000).emitWithAck(name, body) as Promise<Record<string, unknown>>, // any name, as a stranger's program
  };
  socket.on("project", (project) => browser.projects.push(project));
  socket.on("project_removed", ({ project_id }) => browser.removed.push(project_id));
  socket.on("start", (start) => browser.starts.push(start));
  socket.on("account", (account) => browser.accounts.push(account));
  for (const event of ["resync", "signed_out", "draining"] as const) socket.on(event, () => browser.events.push(event));
  socket.on("disconnect", (reason) => browser.events.push(`disconnect: ${reason}`));
  socket.on("connect_error", (error) => browser.refused.push(error.message));
  open.push(browser);
  return browser;
}

async function connected(person: Person): Promise<Browser> {
  const browser = browse(person.cookie);
  await until(() => browser.accounts.length > 0, { timeoutMs: 10_000 });
  return browser;
}

test("a stranger and another site's page are refused; who is signed in sees their account", async () => {
  const person = await newPerson(db);
  for (const browser of [
    browse(undefined),
    browse("remember_me=nonsense"),
    browse(person.cookie, { origin: "http://evil.example" }),
  ]) {
    await until(() => browser.refused.length > 0, { timeoutMs: 10_000 });
    expect(browser.socket.connected).toBe(false);
  }
  const { accounts } = await connected(person);
  expect(accounts[0]).toMatchObject({ account_id: person.accountId, first_name: "Ada", is_admin: false });
});

test("projects are listed in pages, and only one's own", async () => {
  const [person, other] = [await newPerson(db), await newPerson(db)];
  const own = [];
  for (let index = 0; index < 5; index += 1) own.push(await newProject(db, [[person, "owner"]]));
  const foreign = await newProject(db, [[other, "owner"]]);
  const browser = await connected(person);
  const first = await browser.ask("list_projects", { limit: 3 });
  const rest = await browser.ask("list_projects", { limit: 3, after: first.next });
  const ids = [first, rest].flatMap(({ projects }) =>
    (projects as ProjectSummary[]).map(({ project_id }) => project_id),
  );
  expect(ids).toEqual([...own].sort());
  expect(rest.next).toBeNull();
  for (const name of ["get_project", "touch_project", "project_action"]) {
    const answer = await browser.ask(name, { project_id: foreign, action: "start" });
    expect(answer).toMatchObject({ ok: false, code: "forbidden" });
  }
  expect(await db.query("SELECT 1 FROM projects WHERE action_request IS NOT NULL")).toEqual([]);
});

test("an action is written for manage-action, and comes back as a change", async () => {
  const person = await newPerson(db);
  const projectId = await newProject(db, [[person, "owner"]]);
  const browser = await connected(person);
  const answer = await browser.ask("project_action", { project_id: projectId, action: "start" });
  expect(answer).toMatchObject({ ok: true });
  const project = await until(() => browser.projects.find((each) => each.action_request !== null), {
    timeoutMs: 10_000,
  });
  expect(project.action_request).toMatchObject({ action: "start", time: answer.time });
});

test("a change of state reaches every member within moments, and nobody else", async () => {
  const [owner, collaborator, stranger] = [await newPerson(db), await newPerson(db), await newPerson(db)];
  const projectId = await newProject(db, [
    [owner, "owner"],
    [collaborator, "collaborator"],
  ]);
  const browsers = [await connected(owner), await connected(owner), await connected(collaborator)];
  const outside = await connected(stranger);
  await db.execute("UPDATE projects SET state = $2 WHERE project_id = $1", [
    projectId,
    JSON.stringify({ state: "running", time: new Date().toISOString(), ip: "10.0.0.1" }),
  ]);
  await until(() => browsers.every(({ projects }) => projects.at(-1)?.state?.state === "running"), {
    timeoutMs: 10_000,
  });
  await db.execute("INSERT INTO project_starts (project_id, request_time, requested) VALUES ($1, 't', now())", [
    projectId,
  ]);
  await until(() => browsers.every(({ starts }) => starts.at(-1)?.project_id === projectId), { timeoutMs: 10_000 });
  expect(outside.projects).toEqual([]);
  expect(outside.starts).toEqual([]);
});

test("one project that was made at infinity had no other's news told any more", async () => {
  const owner = await newPerson(db);
  const ids = [await newProject(db, [[owner, "owner"]]), await newProject(db, [[owner, "owner"]])];
  const browser = await connected(owner);
  await db.execute(
    "UPDATE projects SET title = 'News', created = 'infinity', last_edited = '-infinity' WHERE project_id = $1",
    [ids[0]],
  );
  await db.execute("UPDATE projects SET title = 'News' WHERE project_id = $1", [ids[1]]);
  const news = () => browser.projects.filter(({ title }) => title === "News");
  await until(() => ids.every((id) => news().some(({ project_id }) => project_id === id)), { timeoutMs: 10_000 });
  expect(news().find(({ project_id }) => project_id === ids[0])).toMatchObject({
    created: "9999-12-31T00:00:00.000Z",
    last_edited: "0001-01-01T00:00:00.000Z",
  });
});

test("what a licence writes into a pod and how nodes are labelled is told to no viewer", async () => {
  const [owner, viewer] = [await newPerson(db), await newPerson(db)];
  const projectId = await newProject(db, [
    [owner, "owner"],
    [viewer, "viewer"],
  ]);
  const [controlling, seeing] = [await connected(owner), await connected(viewer)];
  const patch = [{ op: "add", path: "/spec/containers/0/env/-", value: { name: "TOKEN", value: "hidden-93" } }];
  const gpu = { num: 2, nodeLabel: "rack=hidden-93", toleration: "hidden-93=yes" };
  await db.execute("UPDATE projects SET run_quota = $2 WHERE project_id = $1", [
    projectId,
    JSON.stringify({ memory_limit: 1_000, gpu, patch }),
  ]);
  await db.execute(
    `INSERT INTO project_starts (project_id, request_time, requested, reason, message, kubernetes_reason)
     VALUES ($1, 't', now(), 'no_room', 'There is no room.', '0/3 nodes match rack=hidden-93')`,
    [projectId],
  );
  await until(() => [controlling, seeing].every(({ starts }) => starts.length > 0), { timeoutMs: 10_000 });
  const shown = { project_id: projectId, run_quota: { memory_limit: 1_000, gpu: { num: 2 } } };
  const start = { message: "There is no room.", kubernetes_reason: null };
  const answer = await seeing.ask("get_project", { project_id: projectId });
  expect(answer).toMatchObject({ project: shown, start });
  expect(seeing.starts.at(-1)).toMatchObject(start);
  expect(JSON.stringify([answer, seeing.starts, seeing.projects])).not.toContain("hidden-93");
  const whole = { kubernetes_reason: "0/3 nodes match rack=hidden-93" };
  expect(controlling.starts.at(-1)).toMatchObject(whole);
  expect(await controlling.ask("get_project", { project_id: projectId })).toMatchObject({
    project: shown,
    start: whole,
  });
});

test("who is removed is told so once, and nothing more", async () => {
  const [owner, member] = [await newPerson(db), await newPerson(db)];
  const projectId = await newProject(db, [
    [owner, "owner"],
    [member, "collaborator"],
  ]);
  const browser = await connected(member);
  const watcher = await connected(owner);
  await browser.ask("list_projects", {});
  await removeMember(db, projectId, member);
  await until(() => browser.removed.length > 0, { timeoutMs: 10_000 });
  await db.execute("UPDATE projects SET title = 'secret' WHERE project_id = $1", [projectId]);
  await until(() => watcher.projects.some(({ title }) => title === "secret"), { timeoutMs: 10_000 });
  expect(browser.removed).toEqual([projectId]);
  expect(browser.projects.filter(({ title }) => title === "secret")).toEqual([]);
  expect(await browser.ask("get_project", { project_id: projectId })).toMatchObject({ ok: false, code: "forbidden" });
});

test("signing out ends the socket within two seconds", async () => {
  const person = await newPerson(db);
  const browser = await connected(person);
  await endSession(db, person.sessionHash);
  await until(() => browser.socket.disconnected, { timeoutMs: 10_000 });
  expect(browser.events[0]).toBe("signed_out");
});

/** A program that is let in, and does not say hello. */
function silent(person: Person, query = ""): WebSocket {
  const url = `${hub.replace("http", "ws")}/hub/?EIO=4&transport=websocket${query}`;
  return new WebSocket(url, { headers: { cookie: person.cookie } } as unknown as string[]); // Node's own takes headers
}

test("who signs out before saying hello is not let in by saying it later", async () => {
  const person = await newPerson(db);
  const socket = silent(person);
  await until(() => socket.readyState === WebSocket.OPEN);
  await endSession(db, person.sessionHash);
  await until(() => socket.readyState === WebSocket.CLOSED, { timeoutMs: 10_000 });
});

test("who says hello, goodbye and signs out is not let in by saying hello again", async () => {
  const person = await newPerson(db);
  const socket = silent(person);
  let heard = 0;
  socket.addEventListener("message", () => heard++);
  await until(() => socket.readyState === WebSocket.OPEN);
  socket.send("40");
  await until(() => heard >= 2);
  socket.send("41");
  await endSession(db, person.sessionHash);
  await until(() => socket.readyState === WebSocket.CLOSED, { timeoutMs: 10_000 });
});

test("connections that say nothing count among those of their account", async () => {
  const person = await newPerson(db);
  const sockets = Array.from({ length: 110 }, () => silent(person));
  const are = (state: number) => sockets.filter(({ readyState }) => readyState === state).length;
  await until(() => are(WebSocket.CONNECTING) === 0, { timeoutMs: 10_000 });
  expect(are(WebSocket.OPEN)).toBe(100);
  for (const socket of sockets) socket.close();
  await until(() => are(WebSocket.CLOSED) === sockets.length, { timeoutMs: 10_000 });
  await connected(person);
});

test("nobody takes over the session of another by its id, however that is spelt", async () => {
  for (const query of ["&sid=abc", "&%73id=abc", "&x?&sid=abc"]) {
    const socket = silent(await newPerson(db), query);
    await until(() => socket.readyState === WebSocket.CLOSED, { timeoutMs: 10_000 });
  }
});

test("requests that are not valid, unknown or too many are answered, and a flood is cut off", async () => {
  const browser = await connected(await newPerson(db));
  expect(await browser.ask("get_project", { project_id: "x" })).toMatchObject({ ok: false, code: "invalid" });
  expect(await browser.ask("toString", {})).toMatchObject({ ok: false, code: "not_found" });
  expect(await browser.ask("ping", null)).toMatchObject({ ok: true });
  const answers = await Promise.all(Array.from({ length: 150 }, () => browser.ask("ping", {})));
  expect(answers.some(({ code }) => code === "rate_limited")).toBe(true);
  for (let index = 0; index < 2_000; index += 1) (browser.socket as unknown as Socket).emit("ping", {}, () => {});
  await until(() => browser.socket.disconnected, { timeoutMs: 10_000 });
});

test("a message that is too large closes that socket and no other", async () => {
  const [browser, other] = [await connected(await newPerson(db)), await connected(await newPerson(db))];
  (browser.socket as unknown as Socket).emit("ping", { filler: "x".repeat(200_000) }, () => {});
  await until(() => browser.socket.disconnected, { timeoutMs: 10_000 });
  expect(await other.ask("ping", {})).toMatchObject({ ok: true });
});

test("after the LISTEN connection was lost, browsers are told to list anew", async () => {
  const browser = await connected(await newPerson(db));
  await db.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%/listen' AND datname = current_database()",
  );
  await until(() => browser.events.includes("resync"), { timeoutMs: 10_000 });
});

test("a notification that was garbled on its way keeps no later change from browsers", async () => {
  const person = await newPerson(db);
  const projectId = await newProject(db, [[person, "owner"]]);
  const browser = await connected(person);
  await db.query("SELECT pg_notify('projects_state', 'no id of a project')");
  await until(() => browser.events.includes("resync"), { what: "whoever missed something is told to list anew" });
  await db.execute("UPDATE projects SET title = 'after' WHERE project_id = $1", [projectId]);
  await until(() => browser.projects.at(-1)?.title === "after");
});

test("a burst of changes of one project is told in few messages, the last of them whole", async () => {
  const person = await newPerson(db);
  const projectId = await newProject(db, [[person, "owner"]]);
  const browser = await connected(person);
  const writes = Array.from({ length: 200 }, (_, index) =>
    db.execute("UPDATE projects SET title = $2 WHERE project_id = $1", [projectId, `title ${index}`]),
  );
  await Promise.all(writes);
  await db.execute("UPDATE projects SET title = 'last' WHERE project_id = $1", [projectId]);
  await until(() => browser.projects.at(-1)?.title === "last", { timeoutMs: 10_000 });
  expect(browser.projects.length).toBeLessThan(100);
});

test("a replica that goes away tells its browsers first", async () => {
  const other = new Life("another replica");
  const origin = await startRole(other, "hub-websocket", { db });
  const person = await newPerson(db);
  const events: string[] = [];
  const socket = io(origin, {
    path: "/hub",
    transports: ["websocket"],
    reconnection: false,
    forceNew: true,
    extraHeaders: { cookie: person.cookie },
  });
  socket.on("draining", () => events.push("draining"));
  socket.on("disconnect", () => events.push("disconnect"));
  await until(() => socket.connected, { timeoutMs: 10_000 });
  expect(await other.stop()).toEqual([]);
  await until(() => events.length === 2, { timeoutMs: 10_000 });
  expect(events).toEqual(["draining", "disconnect"]);
});
