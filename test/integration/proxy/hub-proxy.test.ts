import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createLocalJWKSet, jwtVerify } from "jose";
import { io } from "socket.io-client";
import { Life } from "../../../src/core/life.ts";
import type { Db } from "../../../src/db/db.ts";
import { createApiKey } from "../../../src/domain/access/api-keys.ts";
import { endSession } from "../../../src/domain/access/sessions.ts";
import { publicKeys } from "../../../src/domain/signing-keys/signing-keys.ts";
import { assertionClaims } from "../../../src/protocol/assertion.ts";
import { newPerson, newProject, type Person, removeMember } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startProjectServer, testHub } from "../../helpers/project-server.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";
import { type Pod, type Seen, servePod } from "./pod.ts";
import { ask, askUpgrade, dial } from "./wire.ts";

const life = new Life("hub-proxy");
const IP = "127.0.0.1";
let db: Db;
let pod: Pod;
let proxy: string;
let owner: Person;
let stranger: Person;
let projectId: string;

beforeAll(async () => {
  db = await openTestDb(life);
  pod = await servePod(life);
  proxy = await startRole(life, "hub-proxy", {
    db,
    env: {
      COCALC_PROJECT_PORT: String(pod.port),
      COCALC_PROXY_MAX_REQUESTS: "20",
      COCALC_PROXY_CONNECT_TIMEOUT_MS: "500",
    },
  });
  owner = await newPerson(db);
  stranger = await newPerson(db);
  projectId = await newProject(db, [[owner, "owner"]], { ip: IP });
});

afterAll(async () => {
  expect(await life.stop()).toEqual([]);
});

const seen = (text: string) => JSON.parse(text) as Seen;
const api = (path: string) => `/${projectId}/api/${path}`;
const get = (path: string, headers: Record<string, string> = {}) =>
  ask(proxy, path, { headers: { Cookie: owner.cookie, ...headers } });

describe("what the project server is told", () => {
  test("the path unchanged, other cookies, and an assertion that a hub's public key proves", async () => {
    const answer = await ask(proxy, api("files/read?path=a%20b&x=1"), {
      method: "POST",
      headers: {
        Cookie: `a=1; ${owner.cookie}; b=2; api_key=sk-no`,
        "X-Cocalc-Assertion": "forged",
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "evil.example",
        Expect: "100-continue",
        Connection: "close, X-Hop",
        "X-Hop": "1",
        "X-Kept": "2",
      },
      body: "hello",
    });
    const { method, url, headers, body } = seen(answer.body);
    expect({ method, url, body }).toEqual({ method: "POST", url: api("files/read?path=a%20b&x=1"), body: "hello" });
    expect(headers).toMatchObject({ cookie: "a=1; b=2", "x-kept": "2", "x-forwarded-proto": "http" });
    expect(headers["x-forwarded-host"]).toBe(new URL(proxy).host);
    expect(headers["x-hop"]).toBeUndefined();
    expect(headers.expect).toBeUndefined();
    const { payload } = await jwtVerify(String(headers["x-cocalc-assertion"]), createLocalJWKSet(await publicKeys(db)));
    expect(assertionClaims.parse(payload)).toMatchObject({
      aud: projectId,
      sub: owner.accountId,
      role: "owner",
      name: "Ada Example",
    });
    expect(Number(payload.exp) - Number(payload.iat)).toBeLessThanOrEqual(60);
  });

  test("a port's server is told nothing that it could use in somebody's name", async () => {
    const { secret } = await createApiKey(db, { accountId: owner.accountId, name: "k" });
    const host = `${projectId}.localhost`;
    const answer = await ask(proxy, `/${projectId}/port/${pod.port}/x?y`, {
      host,
      headers: { Authorization: `Bearer ${secret}`, "X-Cocalc-Assertion": "forged" },
    });
    const { url, headers } = seen(answer.body);
    expect(url).toBe(`/${projectId}/port/${pod.port}/x?y`);
    expect(headers["x-cocalc-assertion"]).toBeUndefined();
    expect(headers.authorization).toBeUndefined();
    expect(headers.host).toBe(host);
    const own = await ask(proxy, `/${projectId}/server/${pod.port}/x/y?z=1`, {
      host,
      headers: { Cookie: `api_key=${secret}; c=d`, Authorization: "Bearer of-the-app" },
    });
    expect(seen(own.body)).toMatchObject({
      url: "/x/y?z=1",
      headers: { authorization: "Bearer of-the-app", cookie: "c=d" },
    });
  });
});

describe("what a browser gets", () => {
  test("on the app's origin: sandboxed, without cookies or words for the origin", async () => {
    const { status, headers } = await get(api("headers"));
    expect(status).toBe(200);
    expect(headers["set-cookie"]).toBeUndefined();
    expect(headers["clear-site-data"]).toBeUndefined();
    expect(headers["service-worker-allowed"]).toBeUndefined();
    expect(headers["x-private"]).toBeUndefined();
    expect(headers).toMatchObject({
      "content-security-policy": "sandbox",
      "x-content-type-options": "nosniff",
      "x-kept": "1",
    });
  });

  test.each([200, 204, 304, 404, 500])("status %i as it is, for GET and HEAD", async (status) => {
    const answer = await get(api(`status?n=${status}`));
    expect(answer).toMatchObject({ status, headers: { "x-kept": "1" } });
    expect(answer.body).toBe(status === 204 || status === 304 ? "" : "body");
    const head = await ask(proxy, api(`status?n=${status}`), { method: "HEAD", headers: { Cookie: owner.cookie } });
    expect(head).toMatchObject({ status, body: "" });
  });

  test("trailers, and an answer after early hints", async () => {
    expect((await get(api("trailers"))).body).toBe("bodyx-sum: 42");
    expect((await get(api("hints"))).body).toBe("after hints");
  });

  test("an answer that breaks off is cut off here too", async () => {
    const { status, body } = await get(api("break"));
    expect({ status, body }).toEqual({ status: 200, body: "half" });
  });

  test("in words when nothing listens, when it resets, and when the name is unknown", async () => {
    expect((await get(api("reset"))).status).toBe(502);
    const host = `${projectId}.localhost`;
    const { secret } = await createApiKey(db, { accountId: owner.accountId, name: "k" });
    const headers = { Authorization: `Bearer ${secret}` };
    const closed = await ask(proxy, `/${projectId}/port/1/`, { host, headers });
    expect(closed.status).toBe(502);
    expect(closed.body).toContain("Port 1 of the project cannot be reached. Nothing is listening there.");
    expect((await ask(proxy, `/${projectId}/server/nonsense/`, { host, headers })).status).toBe(404);
  });
});

describe("who is refused", () => {
  const paths = () => [api("files/list"), `/${projectId}/raw/a`, `/${projectId}/start`, `/${projectId}/whatever`];

  test("strangers, others' members, removed members and banned accounts: as HTTP and as Upgrade", async () => {
    const [removed, banned] = [await newPerson(db), await newPerson(db)];
    const own = await newProject(
      db,
      [
        [removed, "collaborator"],
        [banned, "collaborator"],
      ],
      { ip: IP },
    );
    const path = `/${own}/api/x`;
    for (const { cookie } of [removed, banned]) {
      expect((await ask(proxy, path, { headers: { Cookie: cookie } })).status).toBe(200);
    }
    await removeMember(db, own, removed);
    await db.execute("UPDATE accounts SET banned = true WHERE account_id = $1", [banned.accountId]);
    for (const [cookie, status] of [
      [undefined, 401],
      ["remember_me=nonsense", 401],
      [stranger.cookie, 403],
      [removed.cookie, 403],
      [banned.cookie, 401],
    ] as const) {
      const headers: Record<string, string> = cookie === undefined ? {} : { Cookie: cookie };
      await until(async () => (await ask(proxy, path, { headers })).status === status, { timeoutMs: 2_000 });
      expect((await askUpgrade(proxy, path, { headers })).status).toBe(status);
    }
  });

  test("every path, without a cookie and with a stranger's", async () => {
    for (const path of paths()) {
      expect((await ask(proxy, path)).status).toBe(path.endsWith("whatever") ? 404 : 401);
      const { status } = await ask(proxy, path, { headers: { Cookie: stranger.cookie } });
      expect(status).toBe(path.endsWith("whatever") ? 404 : 403);
    }
  });

  test("another origin's page: to change, to load, and to join", async () => {
    const own = `http://${new URL(proxy).host}`;
    const cookie = { Cookie: owner.cookie };
    const post = (headers: Record<string, string>) =>
      ask(proxy, api("exec"), { method: "POST", headers: { ...cookie, ...headers }, body: "{}" });
    expect((await post({ Origin: "http://evil.example" })).status).toBe(403);
    expect((await post({ Origin: "null" })).status).toBe(403);
    expect((await post({ "Sec-Fetch-Site": "same-site" })).status).toBe(403);
    expect((await post({ "Sec-Fetch-Site": "same-origin", Origin: own })).status).toBe(200);
    const load = (headers: Record<string, string>) => get(api("x"), headers);
    expect((await load({ "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" })).status).toBe(403);
    expect((await load({ "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" })).status).toBe(200);
    const join = async (headers: Record<string, string>) => {
      const { status, socket } = await askUpgrade(proxy, api("socket"), { headers: { ...cookie, ...headers } });
      socket.destroy();
      return status;
    };
    expect(await join({ Origin: "http://evil.example" })).toBe(403);
    expect(await join({ Origin: `http://${projectId}.localhost` })).toBe(403);
    expect(await join({ Origin: own })).toBe(101);
    expect((await load({ "Service-Worker": "script", "Sec-Fetch-Site": "same-origin" })).status).toBe(403);
  });

  test("a key of one project is good for that project alone", async () => {
    const other = await newProject(db, [[owner, "owner"]], { ip: IP });
    const { secret } = await createApiKey(db, { accountId: owner.accountId, projectId, name: "k" });
    const headers = { Authorization: `Basic ${Buffer.from(`${secret}:`).toString("base64")}` };
    expect((await ask(proxy, api("x"), { headers })).status).toBe(200);
    expect((await ask(proxy, `/${other}/api/x`, { headers })).status).toBe(403);
  });
});

describe("connections that are open", () => {
  async function joined(path = api("socket")) {
    const person = await newPerson(db);
    const own = await newProject(db, [[person, "collaborator"]], { ip: IP });
    const { status, socket } = await askUpgrade(proxy, path.replace(projectId, own), {
      headers: { Cookie: person.cookie },
    });
    expect(status).toBe(101);
    const echoed: string[] = [];
    socket.on("data", (chunk: Buffer) => echoed.push(chunk.toString()));
    socket.write("hello");
    await until(() => echoed.join("") === "hello", { timeoutMs: 2_000 });
    return { person, own, socket };
  }

  test("a WebSocket carries bytes, and ends within two seconds of removal, signing out and a ban", async () => {
    const before = pod.connections();
    for (const act of [
      ({ own, person }: { own: string; person: Person }) => removeMember(db, own, person),
      ({ person }: { person: Person }) => endSession(db, person.sessionHash),
      ({ person }: { person: Person }) =>
        db.execute("UPDATE accounts SET banned = true WHERE account_id = $1", [person.accountId]),
    ]) {
      const { person, own, socket } = await joined();
      const began = Date.now();
      await act({ own, person });
      await until(() => socket.destroyed, { timeoutMs: 2_000 });
      expect(Date.now() - began).toBeLessThan(2_000);
    }
    await until(() => pod.connections() <= before + 1, { timeoutMs: 2_000 });
  });

  test("a long answer ends with the right to it", async () => {
    const person = await newPerson(db);
    const own = await newProject(db, [[person, "collaborator"]], { ip: IP });
    const socket = dial(proxy);
    socket.write(`GET /${own}/api/stream HTTP/1.1\r\nHost: x\r\nCookie: ${person.cookie}\r\n\r\n`);
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    await until(() => text.includes("data: one"), { timeoutMs: 2_000 });
    await removeMember(db, own, person);
    await until(() => socket.destroyed, { timeoutMs: 2_000 });
  });

  test("an upgrade that the other side refuses is answered as it answered, without its cookies", async () => {
    const { status, headers, body } = await askUpgrade(proxy, api("refused"), { headers: { Cookie: owner.cookie } });
    expect({ status, body }).toEqual({ status: 403, body: "nope" });
    expect(headers["set-cookie"]).toBeUndefined();
  });

  test("clients that go away free the other side: before an answer, during one, and as WebSockets", async () => {
    await until(() => pod.connections() < 40, { timeoutMs: 6_000 });
    const sockets = [];
    for (let index = 0; index < 15; index += 1) {
      for (const path of ["hang", "stream"]) {
        const socket = dial(proxy);
        socket.write(`GET ${api(path)} HTTP/1.1\r\nHost: x\r\nCookie: ${owner.cookie}\r\n\r\n`);
        sockets.push(socket);
        if (sockets.length >= 18) break;
      }
    }
    await until(() => pod.connections() >= 18, { timeoutMs: 3_000 });
    for (const socket of sockets) socket.resetAndDestroy();
    const upgrades = [];
    for (let index = 0; index < 10; index += 1) upgrades.push((await joined()).socket);
    for (const socket of upgrades) socket.resetAndDestroy();
    await until(() => pod.connections() === 0, { timeoutMs: 8_000 }); // kept connections time out after four seconds
  });
});

describe("bytes", () => {
  test("a large answer arrives whole, and a slow reader holds the sender back", async () => {
    const size = 60_000_000;
    const socket = dial(proxy);
    socket.pause();
    socket.write(
      `GET ${api(`bytes?n=${size}`)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: ${owner.cookie}\r\n\r\n`,
    );
    await until(() => pod.sent() > 0, { timeoutMs: 2_000 });
    let [last, since] = [0, Date.now()];
    await until(() => {
      if (pod.sent() !== last) [last, since] = [pod.sent(), Date.now()];
      return Date.now() - since > 200; // nobody reads, so nothing more is sent
    });
    expect(last).toBeLessThan(20_000_000);
    let got = 0;
    socket.on("data", (chunk: Buffer) => {
      got += chunk.length;
    });
    const closed = Promise.withResolvers<void>();
    socket.once("close", () => closed.resolve());
    socket.resume();
    await closed.promise;
    expect(got).toBeGreaterThanOrEqual(size);
    expect(got).toBeLessThan(size + 1_000);
  });

  test("a large upload arrives whole, with and without a length", async () => {
    const before = pod.swallowed();
    const body = "y".repeat(5_000_000);
    const answer = await ask(proxy, api("swallow"), { method: "PUT", headers: { Cookie: owner.cookie }, body });
    expect(answer.status).toBe(200);
    expect(pod.swallowed() - before).toBe(body.length);
    const chunked = await fetch(`${proxy}${api("swallow")}`, {
      method: "PUT",
      headers: { cookie: owner.cookie },
      body: new Blob([body]).stream(),
      duplex: "half",
    } as RequestInit);
    expect(await chunked.text()).toBe(String(before + 2 * body.length));
  });

  test("an upload that nobody reads is held back", async () => {
    const socket = dial(proxy);
    socket.write(
      `PUT ${api("slow")} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\nCookie: ${owner.cookie}\r\n\r\n`,
    );
    const block = Buffer.alloc(1_000_000);
    let sent = 0;
    const began = process.memoryUsage().arrayBuffers;
    while (sent < 200 && socket.write(block)) sent += 1;
    for (let look = 0; look < 50; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (socket.writableLength === 0) socket.write(block);
    }
    expect(socket.writableLength).toBeGreaterThan(0);
    expect(process.memoryUsage().arrayBuffers - began).toBeLessThan(40_000_000);
    socket.resetAndDestroy();
  });

  test("an early refusal of an upload reaches the client", async () => {
    const answer = await ask(proxy, api("refuse"), {
      method: "PUT",
      headers: { Cookie: owner.cookie },
      body: "z".repeat(300_000),
    });
    expect(answer).toMatchObject({ status: 413, body: "too large" });
  });
});

describe("what hangs or is malformed", () => {
  test("a project that hangs fills up and then refuses, and others go on", async () => {
    const other = await newProject(db, [[owner, "owner"]], { ip: IP });
    const sockets = Array.from({ length: 20 }, () => {
      const socket = dial(proxy);
      socket.write(`GET /${other}/api/hang HTTP/1.1\r\nHost: x\r\nCookie: ${owner.cookie}\r\n\r\n`);
      return socket;
    });
    await until(async () => (await get(`/${other}/api/x`)).status === 503, { timeoutMs: 5_000 });
    expect((await get(api("x"))).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await until(async () => (await get(`/${other}/api/x`)).status === 200, { timeoutMs: 5_000 });
  });

  test("a place that does not answer is given up in time", async () => {
    const own = await newProject(db, [[owner, "owner"]], { ip: "10.255.255.1" });
    const began = Date.now();
    const { status } = await get(`/${own}/api/x`);
    expect([502, 504]).toContain(status);
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  test.each([
    "GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET http://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /ID/port/99999/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /ID/port/%2e%2e/%2e%2e HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /ID/api/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /ID/api/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "GET /ID/api/x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: \x01\r\n\r\n",
    "GET /ID/api/x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "POST /ID/api/x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "TRACE * HTTP/1.1\r\nHost: x\r\n\r\n",
    "CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01",
  ])("%j does no harm", async (text) => {
    for (const cookie of ["", `Cookie: ${owner.cookie}\r\n`]) {
      const socket = dial(proxy);
      socket.write(Buffer.from(text.replace("ID", projectId).replace("Host: x\r\n", `Host: x\r\n${cookie}`), "latin1"));
      socket.end();
      const closed = Promise.withResolvers<void>();
      socket.resume();
      socket.once("close", () => closed.resolve());
      await closed.promise;
    }
    expect((await get(api("x"))).status).toBe(200);
  });
});

describe("a project that is not running", () => {
  const page = { Accept: "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none" };

  test("offers to be started to browsers, and tells programs", async () => {
    const own = await newProject(db, [[owner, "owner"]]);
    const json = await get(`/${own}/api/x`);
    expect(json.status).toBe(503);
    expect(JSON.parse(json.body)).toMatchObject({ code: "unavailable" });
    const offer = await get(`/${own}/api/files/x?y=1`, page);
    expect(offer.body).toContain(`<form method="post" action="/${own}/start?to=%2F${own}%2Fapi%2Ffiles%2Fx%3Fy%3D1">`);
    const action = /action="([^"]+)"/.exec(offer.body)?.[1] ?? "";
    const evil = { Cookie: owner.cookie, Origin: "http://evil.example" };
    expect((await ask(proxy, action, { method: "POST", headers: evil })).status).toBe(403);
    const headers = { Cookie: owner.cookie, Origin: `http://${new URL(proxy).host}` };
    const started = await ask(proxy, action, { method: "POST", headers });
    expect(started).toMatchObject({ status: 303, headers: { location: action } });
    const [row] = await db.query<{ action: string }>(
      "SELECT action_request ->> 'action' AS action FROM projects WHERE project_id = $1",
      [own],
    );
    expect(row?.action).toBe("start");
    const waiting = await get(action, page);
    expect(waiting.body).toContain('http-equiv="refresh"');
    await db.execute("UPDATE projects SET state = $2 WHERE project_id = $1", [
      own,
      JSON.stringify({ state: "running", time: new Date().toISOString(), ip: IP }),
    ]);
    const ready = async () => (await get(action, page)).headers.location === `/${own}/api/files/x?y=1`;
    await until(ready, { timeoutMs: 2_000 });
    expect((await get(`/${own}/start?to=//evil.example`, page)).headers.location).toBe(`/app/projects/${own}`);
  });

  test("its place is forgotten as soon as the row says so", async () => {
    const own = await newProject(db, [[owner, "owner"]], { ip: IP });
    expect((await get(`/${own}/api/x`)).status).toBe(200);
    await db.execute("UPDATE projects SET state = $2 WHERE project_id = $1", [
      own,
      JSON.stringify({ state: "opened", time: new Date().toISOString() }),
    ]);
    await until(async () => (await get(`/${own}/api/x`)).status === 503, { timeoutMs: 2_000 });
  });
});

describe("a project's own origin", () => {
  const page = { Accept: "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none" };

  async function enterAs(person: Person, own: string) {
    const { port } = new URL(proxy);
    const path = `/${own}/port/${pod.port}/x?y=1`;
    const sent = await ask(proxy, path, { host: `localhost:${port}`, headers: { Cookie: person.cookie, ...page } });
    expect(sent.status).toBe(302);
    const url = new URL(sent.headers.location ?? "");
    expect(url.host).toBe(`${own}.localhost:${port}`);
    return { path, url, host: url.host, enter: () => ask(proxy, url.pathname + url.search, { host: url.host }) };
  }

  test("is entered by a ticket that is good once and for this project alone", async () => {
    const { path, url, host, enter } = await enterAs(owner, projectId);
    const other = await newProject(db, [[owner, "owner"]], { ip: IP });
    const { url: foreign } = await enterAs(owner, other);
    expect((await ask(proxy, foreign.pathname + foreign.search, { host })).status).toBe(403);
    const entered = await enter();
    expect(entered).toMatchObject({ status: 303, headers: { location: path, "referrer-policy": "no-referrer" } });
    const setCookie = entered.headers["set-cookie"] ?? "";
    expect(setCookie).toMatch(/^project_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
    expect((await enter()).status).toBe(403);
    const cookie = { Cookie: setCookie.split(";")[0] ?? "" };
    const answer = await ask(proxy, path, { host, headers: cookie });
    expect(seen(answer.body)).toMatchObject({ url: path });
    expect(seen(answer.body).headers.cookie).toBeUndefined();
    expect(answer.headers["content-security-policy"]).toBe(`frame-ancestors 'self' http://localhost:${url.port}`);
    // Neither there nor elsewhere does the cookie open anything else.
    const elsewhere = url.host.replace(projectId, other);
    expect((await ask(proxy, path.replace(projectId, other), { host: elsewhere, headers: cookie })).status).toBe(401);
    expect((await ask(proxy, api("x"), { host, headers: cookie })).status).toBe(404);
    expect((await ask(proxy, path.replace(projectId, other), { host, headers: cookie })).status).toBe(404);
    expect((await ask(proxy, api("x"), { headers: cookie })).status).toBe(401);
    const sibling = { ...cookie, Origin: `http://${elsewhere}` };
    expect((await askUpgrade(proxy, path, { host, headers: sibling })).status).toBe(403);
    expect((await ask(proxy, path, { host, method: "POST", headers: sibling })).status).toBe(403);
  });

  test("keeps a pod's cookies to itself, and ends with the session", async () => {
    const person = await newPerson(db);
    const own = await newProject(db, [[person, "collaborator"]], { ip: IP });
    const { host, enter } = await enterAs(person, own);
    const cookie = ((await enter()).headers["set-cookie"] ?? "").split(";")[0] ?? "";
    const path = `/${own}/port/${pod.port}/headers`;
    const answer = await ask(proxy, path, { host, headers: { Cookie: cookie } });
    expect(answer.headers["set-cookie"]).toBe("own=1; Path=/");
    const { status, socket } = await askUpgrade(proxy, path, {
      host,
      headers: { Cookie: cookie, Origin: `http://${host}` },
    });
    expect(status).toBe(101);
    await endSession(db, person.sessionHash);
    await until(() => socket.destroyed, { timeoutMs: 2_000 });
    const sentBack = await ask(proxy, path, { host, headers: { Cookie: cookie, ...page } });
    expect(sentBack).toMatchObject({
      status: 302,
      headers: { location: `http://localhost:${new URL(proxy).port}${path}` },
    });
  });

  test("ports are not served on the app's origin where there is one, but by a setting, sandboxed", async () => {
    const path = `/${projectId}/port/${pod.port}/headers`;
    expect((await askUpgrade(proxy, path, { headers: { Cookie: owner.cookie } })).status).toBe(404);
    const allowed = await startRole(life, "hub-proxy", { db, env: { COCALC_PORTS_ON_APP_ORIGIN: "yes" } });
    const answer = await ask(allowed, path, { headers: { Cookie: owner.cookie } });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-security-policy"]).toMatch(/^sandbox allow-scripts/);
    expect(answer.headers["content-security-policy"]).not.toContain("allow-same-origin");
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });
});

test("a real project server believes what this hub asserts: files over HTTP, and its socket", async () => {
  const server = await startProjectServer(life, {
    projectId,
    hub: { ...(await testHub()), publicKeys: JSON.stringify(await publicKeys(db)) },
  });
  const { port } = new URL(server.origin);
  const through = await startRole(life, "hub-proxy", { db, env: { COCALC_PROJECT_PORT: port } });
  const headers = { Cookie: owner.cookie, Origin: `http://${new URL(through).host}` };
  const written = await ask(through, api("files/write?path=a.txt"), { method: "PUT", headers, body: "written" });
  expect(written.status).toBe(200);
  expect((await ask(through, `/${projectId}/raw/a.txt`, { headers })).body).toBe("written");
  const socket = io(through, {
    path: api("socket"),
    transports: ["websocket"],
    forceNew: true,
    reconnection: false,
    extraHeaders: { cookie: owner.cookie },
  });
  const hello = Promise.withResolvers<{ account_id: string; name: string }>();
  socket.on("hello", hello.resolve);
  socket.on("connect_error", hello.reject);
  expect(await hello.promise).toMatchObject({ account_id: owner.accountId, name: "Ada Example" });
  socket.disconnect();
});

test("work in a project counts, an administrator's look is recorded", async () => {
  const admin = await newPerson(db, { admin: true });
  const own = await newProject(db, [[owner, "owner"]], { ip: IP });
  expect((await ask(proxy, `/${own}/api/x`, { headers: { Cookie: admin.cookie } })).status).toBe(200);
  await until(
    async () =>
      (
        await db.query("SELECT 1 FROM central_log WHERE event = 'admin-used-project' AND value ->> 'project_id' = $1", [
          own,
        ])
      ).length === 1,
  );
  const edited = async () =>
    (await db.query<{ last_edited: Date | null }>("SELECT last_edited FROM projects WHERE project_id = $1", [own]))[0]
      ?.last_edited;
  expect(await edited()).toBeNull();
  await get(`/${own}/api/x`);
  const time = await until(async () => (await edited()) ?? undefined);
  expect(Math.abs(Date.now() - time.getTime())).toBeLessThan(60_000);
});
