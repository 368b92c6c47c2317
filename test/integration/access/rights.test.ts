/** The table of rights, gone through at every wire: the API, the hub's socket, the proxy, and the project's own server behind it. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { io, type Socket } from "socket.io-client";
import { needOfRequest } from "../../../roles/project/caller-needs.ts";
import { listProcesses } from "../../../roles/project/processes.ts";
import { Life } from "../../../src/core/life.ts";
import type { Db } from "../../../src/db/db.ts";
import { publicKeys } from "../../../src/domain/signing-keys/signing-keys.ts";
import type { Endpoint } from "../../../src/protocol/api-v2.ts";
import { endpoints } from "../../../src/protocol/api-v2-table.ts";
import { ASSERTION_HEADER } from "../../../src/protocol/assertion.ts";
import { hubRequests } from "../../../src/protocol/hub-socket.ts";
import { memberGroup } from "../../../src/protocol/project.ts";
import { fileCommands } from "../../../src/protocol/project-files.ts";
import { may, type ProjectNeed, type ProjectRole, projectRole, whyNot } from "../../../src/protocol/project-rights.ts";
import { type ProjectRequestName, projectRequests } from "../../../src/protocol/project-socket.ts";
import { newPerson, newProject, type Person } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import {
  type ProjectClient,
  startProjectServer,
  type TestProjectServer,
  testHub,
} from "../../helpers/project-server.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";

const life = new Life("rights");
const people = {} as Record<ProjectRole | "stranger", Person>;
const WHO = [...projectRole.options, "stranger"] as const;
type Who = (typeof WHO)[number];
let db: Db;
let projectId: string;
let server: TestProjectServer;
let hubNext: string;
let hubSocket: string;
let proxy: string;

const members = () => memberGroup.options.map((group) => [people[group], group] as [Person, typeof group]);

beforeAll(async () => {
  db = await openTestDb(life);
  for (const who of WHO) people[who] = await newPerson(db, { admin: who === "admin" });
  projectId = await newProject(db, members(), { ip: "127.0.0.1" });
  server = await startProjectServer(life, {
    projectId,
    hub: { ...(await testHub()), publicKeys: JSON.stringify(await publicKeys(db)) },
  });
  await writeFile(join(server.home, "a.txt"), "as it is");
  hubNext = await startRole(life, "hub-next", { db });
  hubSocket = await startRole(life, "hub-websocket", { db });
  const env = { COCALC_PROJECT_PORT: new URL(server.origin).port, COCALC_PORTS_ON_APP_ORIGIN: "yes" };
  proxy = await startRole(life, "hub-proxy", { db, env });
});

afterAll(async () => {
  expect(await life.stop()).toEqual([]);
});

/** Of each, whether it was refused as somebody who may not is. */
async function refusedTo(need: ProjectNeed, isRefused: (who: Who) => Promise<boolean>) {
  const found = await Promise.all(WHO.map(async (who) => [who, await isRefused(who)] as const));
  const wanted = WHO.map((who) => [who, who === "stranger" || !may(who, need)] as const);
  return { found: Object.fromEntries(found), wanted: Object.fromEntries(wanted) };
}

const onProjects = Object.entries<Endpoint>(endpoints).flatMap(([path, endpoint]) =>
  endpoint.access === "project" ? [[path, endpoint.need] as const] : [],
);

test.each(onProjects)("API %s: %s", async (path, need) => {
  const body = { project_id: projectId, account_id: people.stranger.accountId, limit: "not a number" };
  const isRefused = async (who: Who) => {
    const response = await fetch(`${hubNext}/api/v2/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Cookie: people[who].cookie },
      // Who may is stopped by what is wrong in the body, so that nothing changes.
      body: JSON.stringify({ ...body, title: 1, hide: 1, account_id: 1, target_account_id: 1 }),
    });
    const { code } = (await response.json()) as { code?: string };
    return code === "forbidden";
  };
  if (["see", "control", "own"].includes(need) && onlyTakesTheProject(path)) return; // below: they act
  const { found, wanted } = await refusedTo(need, isRefused);
  expect(found).toEqual(wanted);
});

/** Endpoints whose body holds nothing that could be wrong. */
function onlyTakesTheProject(path: string): boolean {
  const { input } = endpoints[path as keyof typeof endpoints];
  return input.safeParse({ project_id: projectId, title: 1, hide: 1, account_id: 1, target_account_id: 1 }).success;
}

test("API: who may not, changes nothing by the endpoints that take a project alone", async () => {
  const row = () => db.query("SELECT users, deleted, action_request FROM projects WHERE project_id = $1", [projectId]);
  const before = await row();
  for (const [path, need] of onProjects.filter(([path]) => onlyTakesTheProject(path))) {
    for (const who of WHO.filter((each) => each === "stranger" || !may(each, need))) {
      const response = await fetch(`${hubNext}/api/v2/${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", Cookie: people[who].cookie },
        body: JSON.stringify({ project_id: projectId }),
      });
      expect({ path, who, ...((await response.json()) as object) }).toMatchObject({ path, who, code: "forbidden" });
    }
  }
  expect(await row()).toEqual(before);
});

test("a viewer is shown the project, and neither its variables nor who was invited", async () => {
  await db.execute("UPDATE projects SET env = $2, invite = $3 WHERE project_id = $1", [
    projectId,
    JSON.stringify({ TOKEN: "secret" }),
    JSON.stringify({ "new@example.org": { time: new Date().toISOString() } }),
  ]);
  const ask = async (who: Who, path: string) => {
    const response = await fetch(`${hubNext}/api/v2/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Cookie: people[who].cookie },
      body: JSON.stringify({ project_id: projectId }),
    });
    return (await response.json()) as { env: object; invited: object[]; collaborators: { group: string }[] };
  };
  const shown = async (who: Who) => {
    const { env } = await ask(who, "projects/get-one");
    const { invited, collaborators } = await ask(who, "projects/collaborators/list");
    return { env, invited: invited.length, groups: collaborators.map(({ group }) => group) };
  };
  const groups = memberGroup.options;
  expect(await shown("collaborator")).toEqual({ env: { TOKEN: "secret" }, invited: 1, groups });
  expect(await shown("viewer")).toEqual({ env: {}, invited: 0, groups });
});

const HUB_NEEDS: [keyof typeof hubRequests, ProjectNeed][] = [
  ["get_project", "see"],
  ["touch_project", "see"],
  ["project_action", "control"],
];

test.each(HUB_NEEDS)("the hub's socket %s: %s", async (name, need) => {
  const { found, wanted } = await refusedTo(need, async (who) => {
    const socket = io(hubSocket, {
      path: "/hub",
      transports: ["websocket"],
      reconnection: false,
      forceNew: true,
      extraHeaders: { cookie: people[who].cookie },
    }) as Socket;
    const answer = await socket.timeout(20_000).emitWithAck(name, { project_id: projectId, action: "test" });
    socket.disconnect();
    if (!answer.ok) expect(answer).toMatchObject({ code: "forbidden" });
    return !answer.ok;
  });
  expect(found).toEqual(wanted);
});

test("every request of the hub's socket about a project is gone through", () => {
  const about = Object.entries(hubRequests).filter(([, { shape }]) => "project_id" in shape);
  expect(about.map(([name]) => name).sort()).toEqual(HUB_NEEDS.map(([name]) => name).sort());
});

const PATHS: [string, string, ProjectNeed][] = [
  ["GET", "api/status", "read"],
  ["GET", "api/files/list", "read"],
  ["GET", "api/files/stat?path=a.txt", "read"],
  ["GET", "api/files/read?path=a.txt", "read"],
  ["GET", "api/files/archive?path=a.txt", "read"],
  ["GET", "api/files/trash", "read"],
  ["GET", "api/files/uploads", "read"],
  ["GET", "raw/a.txt", "read"],
  ["PUT", "api/files/write?path=b.txt", "write"],
  ["GET", "api/files/upload?path=b.txt&key=k&size=1", "write"],
  ["POST", "api/files/delete", "write"],
  ["POST", "api/files/make-folder", "write"],
  ["POST", "api/exec", "run"],
  ["GET", "api/running", "run"],
  ["GET", "port/9/", "run"],
  ["GET", "server/9/", "run"],
  ["GET", "server/nothing/", "run"],
  ["GET", "start", "see"],
  ["POST", "start", "control"],
];

test.each(PATHS)("through the proxy: %s %s: %s", async (method, path, need) => {
  const { found, wanted } = await refusedTo(need, async (who) => {
    const response = await fetch(`${proxy}/${projectId}/${path}`, {
      method,
      headers: { Cookie: people[who].cookie },
      redirect: "manual",
      ...(method === "GET" ? {} : { body: "not what is wanted" }),
    });
    await response.arrayBuffer();
    return response.status === 403;
  });
  expect(found).toEqual(wanted);
});

test.each(["port/9/", "server/nothing/", "api/socket/?EIO=4&transport=websocket"])(
  "through the proxy, a WebSocket: %s",
  async (path) => {
    const need = path.startsWith("api") ? "read" : "run";
    const { found, wanted } = await refusedTo(need, async (who) => {
      const response = await fetch(`${proxy}/${projectId}/${path}`, { headers: { Cookie: people[who].cookie } });
      await response.arrayBuffer();
      return response.status === 403;
    });
    expect(found).toEqual(wanted);
  },
);

/** The project's server by itself: a hub's mistake is not enough. */
async function clientAs(role: ProjectRole): Promise<ProjectClient> {
  const own = await startProjectServer(life);
  await writeFile(join(own.home, "a.txt"), "as it is");
  return own.connect({ role });
}

test("the project's server answers on its socket what the role in the assertion may", async () => {
  for (const role of projectRole.options) {
    const client = await clientAs(role);
    for (const name of Object.keys(projectRequests) as ProjectRequestName[]) {
      const answer = await client.tryToAsk(name, { path: "a.txt", name: "none" });
      const refused = !answer.ok && answer.code === "forbidden";
      expect({ role, name, refused }).toEqual({ role, name, refused: !may(role, needOfRequest(name)) });
    }
  }
});

test("the project's server refuses a viewer every change of files, and every program", async () => {
  const own = await startProjectServer(life);
  const assertion = await own.hub.assertion({ aud: own.projectId, role: "viewer" });
  const commands = Object.keys(fileCommands).map((name) => `POST /api/files/${name}`);
  const uploads = ["PUT /api/files/write", "PUT /api/files/upload", "DELETE /api/files/upload"];
  const programs = ["POST /api/exec", "GET /port/9/", "POST /server/nothing/"];
  for (const key of [...commands, ...uploads, ...programs]) {
    const [method = "", path] = key.split(" ");
    const headers = { [ASSERTION_HEADER]: assertion };
    const answer = await fetch(`${own.origin}/${own.projectId}${path}`, { method, headers });
    await answer.arrayBuffer();
    expect([key, answer.status]).toEqual([key, 403]);
  }
});

test("a document is read only for a viewer and says why, and what a viewer types is refused", async () => {
  const own = await startProjectServer(life);
  await writeFile(join(own.home, "a.txt"), "as it is");
  const viewer = await own.connect({ role: "viewer" });
  const opened = await viewer.ask("document_open", { path: "a.txt" });
  expect(opened.readOnly).toBe(whyNot("viewer", "write"));
  const told: (string | undefined)[] = [];
  viewer.socket.on("document_state", ({ readOnly }) => told.push(readOnly));
  const collaborator = await own.connect({ role: "collaborator" });
  const { generation, readOnly } = await collaborator.ask("document_open", { path: "a.txt" });
  expect(readOnly).toBeUndefined();
  await collaborator.ask("document_save", { path: "a.txt" });
  const update = new Uint8Array([0, 0]);
  expect(await viewer.tryToAsk("document_update", { path: "a.txt", generation, update })).toMatchObject({
    ok: false,
    code: "forbidden",
    error: whyNot("viewer", "write"),
  });
  await until(() => told.length > 0);
  expect(new Set(told)).toEqual(new Set([whyNot("viewer", "write")]));
});

test("who was made a viewer kept the terminals of a socket that was open", async () => {
  const { collaborator } = people;
  const open = () =>
    io(proxy, {
      path: `/${projectId}/api/socket`,
      transports: ["websocket"],
      reconnectionDelay: 50,
      forceNew: true,
      extraHeaders: { cookie: collaborator.cookie },
    }) as Socket;
  const socket = open();
  const ask = (name: string) => socket.timeout(20_000).emitWithAck(name, {});
  await until(() => socket.connected);
  expect(await ask("terminal_list")).toMatchObject({ ok: true });
  const setGroup = (group: string) =>
    db.execute(
      "UPDATE projects SET users = jsonb_set(users, ARRAY[$2, 'group'], to_jsonb($3::text)) WHERE project_id = $1",
      [projectId, collaborator.accountId, group],
    );
  const becomes = async (group: string, may: boolean) => {
    const { promise: cut, resolve } = Promise.withResolvers<void>();
    socket.once("disconnect", () => resolve());
    await setGroup(group);
    await cut;
    await until(() => socket.connected);
    expect(await ask("terminal_list")).toMatchObject({ ok: may });
    expect(await ask("status")).toMatchObject({ ok: true });
  };
  await becomes("viewer", false);
  await becomes("collaborator", true); // and is let in as that again
  socket.disconnect();
});

test("a program that somebody ran by POST /api/exec went on after they were made a viewer, or removed", async () => {
  for (const change of ["jsonb_set(users, ARRAY[$2, 'group'], '\"viewer\"')", "users - $2::text"]) {
    const person = await newPerson(db);
    const users = { ...Object.fromEntries(members().map(([{ accountId }, group]) => [accountId, { group }])) };
    await db.execute("UPDATE projects SET users = $2 WHERE project_id = $1", [
      projectId,
      JSON.stringify({ ...users, [person.accountId]: { group: "collaborator" } }),
    ]);
    const file = join(server.home, `pid-of-${person.accountId}`);
    const request = { command: `echo $$ > ${file}; exec sleep 300`, bash: true, timeoutSeconds: 300 };
    const ran = fetch(`${proxy}/${projectId}/api/exec`, {
      method: "POST",
      headers: { Cookie: person.cookie },
      body: JSON.stringify(request),
    })
      .then((response) => response.text())
      .catch(() => "cut off");
    const pid = await until(async () => Number(await readFile(file, "utf8").catch(() => "")) || undefined);
    await db.execute(`UPDATE projects SET users = ${change} WHERE project_id = $1`, [projectId, person.accountId]);
    await until(async () => !(await listProcesses()).some((one) => one.pid === pid));
    expect(await ran).toBe("cut off");
  }
});

test("a socket without WebSocket went on as what its first request came as", async () => {
  const own = await startProjectServer(life);
  const ask = async (path: string, claims: object, body?: string) => {
    const init = body === undefined ? {} : { method: "POST", body };
    const response = await own.fetch(`/api/socket/?EIO=4&transport=polling${path}`, init, claims);
    return { status: response.status, text: await response.text() };
  };
  const ada = { sub: people.owner.accountId, role: "collaborator" as const };
  const { sid } = JSON.parse((await ask("", ada)).text.slice(1)) as { sid: string };
  expect((await ask(`&sid=${sid}`, ada, "40")).status).toBe(200);
  const stranger = { sub: people.stranger.accountId, role: "collaborator" as const };
  for (const named of [`&sid=${sid}`, `&sid=another&sid=${sid}`, `&sid=&sid=${sid}`, `&s%69d=${sid}`])
    expect([named, (await ask(named, stranger)).status]).toEqual([named, 410]);
  expect((await ask(`&sid=${sid}`, ada, '421["terminal_list",{}]')).status).toBe(200);
  expect((await ask(`&sid=another&sid=${sid}`, { ...ada, role: "viewer" as const })).status).toBe(410);
  expect((await ask(`&sid=${sid}`, ada)).status).toBe(400); // it has ended
});
