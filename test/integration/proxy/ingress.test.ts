import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { RoleName } from "../../../roles/names.ts";
import { Life } from "../../../src/core/life.ts";
import type { Db } from "../../../src/db/db.ts";
import { type Route, routes } from "../../../src/net/visitor/routes.ts";
import { newPerson, newProject, type Person, removeMember } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";
import { type Pod, type Seen, servePod } from "./pod.ts";
import { ask, askUpgrade } from "./wire.ts";

const life = new Life("ingress");
const IP = "127.0.0.1";
let db: Db;
let pod: Pod;
let ingress: string;
let owner: Person;
let removed: Person;
let stranger: Person;
let projectId: string;
const origins: Partial<Record<RoleName, string>> = {};

beforeAll(async () => {
  db = await openTestDb(life);
  pod = await servePod(life);
  const env = { COCALC_PROJECT_PORT: String(pod.port) };
  for (const name of ["hub-next", "hub-websocket", "hub-proxy"] as const) {
    origins[name] = await startRole(life, name, { db, env });
  }
  ingress = await startRole(life, "ingress", { origins });
  owner = await newPerson(db);
  removed = await newPerson(db);
  stranger = await newPerson(db);
  projectId = await newProject(
    db,
    [
      [owner, "owner"],
      [removed, "collaborator"],
    ],
    { ip: IP },
  );
});

afterAll(async () => {
  expect(await life.stop()).toEqual([]);
});

/** A path that the route stands for, and the Host it is asked under. */
function example({ path, origin }: Route): { url: string; host: string } {
  const { port } = new URL(ingress);
  const ports = `port/${pod.port}/x`;
  const below = path
    .replace(":project_id", projectId)
    .replace(/\/port\/\*$/, `/${ports}`)
    .replace(/\/server\/\*$/, `/server/${pod.port}/x`);
  if (origin === "project") return { url: `/${projectId}/${ports}`, host: `${projectId}.localhost:${port}` };
  return {
    url: below.replace(/\/hub\/\*$/, "/hub/?EIO=4&transport=websocket").replace(/\*$/, "x"),
    host: `localhost:${port}`,
  };
}

const REFUSED = [401, 403, 404];

describe("every route that is not for anyone", () => {
  const guarded = routes.filter(({ access }) => access === "account" || access === "member");

  test.each(guarded)(
    "$origin $path: refused without a cookie, with a stranger's and with a removed member's",
    async (route) => {
      const { url, host } = example(route);
      await removeMember(db, projectId, removed);
      const cookies: [string, string | undefined][] = [
        ["none", undefined],
        ["nonsense", "remember_me=nonsense; project_session=nonsense"],
        ["a stranger's", stranger.cookie],
        ["a removed member's", removed.cookie],
      ];
      for (const [whose, cookie] of cookies) {
        const isEnough = route.access === "account" && cookie !== undefined && whose.startsWith("a ");
        if (isEnough) continue;
        const headers: Record<string, string> = cookie === undefined ? {} : { Cookie: cookie };
        await until(async () => REFUSED.includes((await ask(ingress, url, { host, headers })).status), {
          timeoutMs: 10_000,
          what: `HTTP with ${whose}`,
        });
        for (const method of ["POST", "PUT", "DELETE", "HEAD"]) {
          expect(REFUSED).toContain((await ask(ingress, url, { host, method, headers })).status);
        }
        const { status } = await askUpgrade(ingress, url, { host, headers });
        expect({ whose, refused: REFUSED.includes(status) }).toEqual({ whose, refused: true });
      }
    },
  );

  test.each(routes.filter(({ upgrade }) => !upgrade))("$origin $path takes no Upgrade, whoever asks", async (route) => {
    const { url, host } = example(route);
    expect((await askUpgrade(ingress, url, { host, headers: { Cookie: owner.cookie } })).status).toBe(404);
  });

  test("and the owner is let in, so that the above proves something", async () => {
    const headers = { Cookie: owner.cookie };
    const { host } = example({ origin: "app", path: "/x", role: "hub-proxy", access: "member", upgrade: true });
    expect((await ask(ingress, `/${projectId}/api/x`, { host, headers })).status).toBe(200);
    for (const path of [`/${projectId}/api/socket`, "/hub/?EIO=4&transport=websocket"]) {
      const { status, socket } = await askUpgrade(ingress, path, { host, headers });
      socket.destroy();
      expect({ path, status }).toEqual({ path, status: 101 });
    }
  });
});

test("names that are not ours are refused, as HTTP and as Upgrade", async () => {
  const headers = { Cookie: owner.cookie };
  for (const host of ["evil.example", "localhost.evil.example", `${projectId}.evil.example`]) {
    expect((await ask(ingress, `/${projectId}/api/x`, { host, headers })).status).toBe(421);
    expect((await askUpgrade(ingress, `/${projectId}/api/x`, { host, headers })).status).toBe(421);
  }
});

test("the pod sees the browser's host and address; what a client says of itself counts only from a trusted proxy", async () => {
  const { host } = new URL(ingress);
  const headers = {
    Cookie: owner.cookie,
    "X-Forwarded-For": "203.0.113.7, 127.0.0.9",
    "X-Forwarded-Host": "evil.example",
  };
  const trusted = JSON.parse((await ask(ingress, `/${projectId}/api/x`, { headers })).body) as Seen;
  expect(trusted.headers).toMatchObject({ host, "x-forwarded-host": host, "x-forwarded-for": "203.0.113.7" });
  const strict = await startRole(life, "ingress", { origins, env: { COCALC_TRUSTED_PROXIES: "none" } });
  const believed = JSON.parse((await ask(strict, `/${projectId}/api/x`, { headers })).body) as Seen;
  expect(believed.headers["x-forwarded-for"]).toBe("127.0.0.1");
});

test("a role that is away is told in words, and only its paths suffer", async () => {
  const lame = await startRole(life, "ingress", { origins: { ...origins, "hub-next": "http://127.0.0.1:1" } });
  const page = await ask(lame, "/", { headers: { Accept: "text/html" } });
  expect(page.status).toBe(502);
  expect(page.body).toContain("This part of the site (hub-next) cannot be reached.");
  expect((await ask(lame, `/${projectId}/api/x`, { headers: { Cookie: owner.cookie } })).status).toBe(200);
});

test("below a base path, nothing else is served, and cookies have its name", async () => {
  const env = { BASE_PATH: "/cocalc", COCALC_PROJECT_PORT: String(pod.port) };
  const based: Partial<Record<RoleName, string>> = { "hub-proxy": await startRole(life, "hub-proxy", { db, env }) };
  const entry = await startRole(life, "ingress", { origins: based, env });
  const cookie = owner.cookie.replace("remember_me", "%2Fcocalcremember_me");
  const answer = await ask(entry, `/cocalc/${projectId}/api/x`, { headers: { Cookie: `${cookie}; a=1` } });
  expect(JSON.parse(answer.body)).toMatchObject({ url: `/cocalc/${projectId}/api/x`, headers: { cookie: "a=1" } });
  expect((await ask(entry, `/${projectId}/api/x`, { headers: { Cookie: cookie } })).status).toBe(404);
  expect((await ask(entry, `/cocalc/${projectId}/api/x`, { headers: { Cookie: owner.cookie } })).status).toBe(401);
});

test("a large answer passes two proxies whole", async () => {
  const answer = await ask(ingress, `/${projectId}/api/bytes?n=20000000`, { headers: { Cookie: owner.cookie } });
  expect(answer.body.length).toBe(20_000_000);
});

test("a stranger who never closes keeps no socket of ours: refused upgrades and rubbish are let go", async () => {
  const { hostname, port } = new URL(ingress);
  const rubbish = "FOO\r\n\r\n";
  const upgrade = (path: string) =>
    `GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  for (const words of [rubbish, upgrade("/app"), upgrade("/hub/"), upgrade(`/${projectId}/api/socket/`)]) {
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }); // never ends its own side
    let ended = false;
    let isLetGo = false;
    socket.on("error", () => {
      isLetGo = true; // a reset: nobody holds the other end
    });
    socket.on("end", () => {
      ended = true;
    });
    socket.resume();
    socket.write(words);
    await until(() => ended, { timeoutMs: 10_000 });
    await until(
      () => {
        socket.write("x");
        return isLetGo;
      },
      { timeoutMs: 10_000 },
    );
    socket.destroy();
  }
});
