import { describe, expect, test } from "@jest/globals";
import { io } from "socket.io-client";
import { endSession } from "../../../src/domain/access/sessions.ts";
import { hashToken } from "../../../src/domain/access/tokens.ts";
import { publicKeys } from "../../../src/domain/signing-keys/signing-keys.ts";
import { newPerson, newProject, type Person } from "../../helpers/people.ts";
import { startProjectServer, testHub } from "../../helpers/project-server.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";
import { api, db, get, IP, life, owner, pod, projectId, proxy, seen } from "./hub-proxy-fixture.ts";
import { type Answer, ask, askUpgrade } from "./wire.ts";

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
    await until(ready, { timeoutMs: 10_000 });
    expect((await get(`/${own}/start?to=//evil.example`, page)).headers.location).toBe(`/app/projects/${own}`);
  });

  test("the form that starts it, sent in a loop, wrote and logged a request each time", async () => {
    const own = await newProject(db, [[owner, "owner"]]);
    const origin = { Origin: new URL(proxy).origin };
    const start = () => ask(proxy, `/${own}/start`, { method: "POST", headers: { Cookie: owner.cookie, ...origin } });
    for (let sent = 0; sent < 5; sent += 1) expect((await start()).status).toBe(303);
    expect(await db.query("SELECT FROM project_log WHERE project_id = $1", [own])).toHaveLength(1);
  });

  test("its place is forgotten as soon as the row says so", async () => {
    const own = await newProject(db, [[owner, "owner"]], { ip: IP });
    expect((await get(`/${own}/api/x`)).status).toBe(200);
    await db.execute("UPDATE projects SET state = $2 WHERE project_id = $1", [
      own,
      JSON.stringify({ state: "opened", time: new Date().toISOString() }),
    ]);
    await until(async () => (await get(`/${own}/api/x`)).status === 503, { timeoutMs: 10_000 });
  });
});

describe("a project's own origin", () => {
  const page = { Accept: "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none" };

  const firstCookie = ({ headers }: Answer) => (headers["set-cookie"] ?? "").split(";")[0] ?? "";

  /** A person's browser on its way: with its mark, and the address with a ticket for it. */
  async function enterAs(person: Person, own: string, method = "GET") {
    const { port } = new URL(proxy);
    const path = `/${own}/port/${pod.port}/x?y=1`;
    const host = `${own}.localhost:${port}`;
    const goTo = (location: string, cookie: string) => {
      const url = new URL(location);
      return ask(proxy, url.pathname + url.search, { method, host: url.host, headers: { Cookie: cookie, ...page } });
    };
    const sent = await goTo(`http://localhost:${port}${path}`, person.cookie);
    expect(sent).toMatchObject({
      status: 302,
      headers: { location: expect.stringContaining(`http://${host}/.cocalc/`) },
    });
    const marked = await goTo(sent.headers.location ?? "", "");
    const mark = firstCookie(marked);
    const { location = "" } = (await goTo(marked.headers.location ?? "", person.cookie)).headers;
    return { path, host, mark, location, goTo, enter: () => goTo(location, mark) };
  }

  test("is entered by a ticket that is good once and for this project alone", async () => {
    const { path, host, mark, goTo, enter } = await enterAs(owner, projectId);
    const other = await newProject(db, [[owner, "owner"]], { ip: IP });
    const foreign = new URL((await enterAs(owner, other)).location);
    foreign.host = host;
    expect(firstCookie(await goTo(foreign.href, mark))).toBe(mark); // sent back to the app, as it was
    const entered = await enter();
    expect(entered).toMatchObject({ status: 302, headers: { location: path, "referrer-policy": "no-referrer" } });
    const setCookie = entered.headers["set-cookie"] ?? "";
    expect(setCookie).toMatch(/^project_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
    const again = await enter();
    expect(firstCookie(again)).toBe(mark);
    const { location = "" } = (await goTo(again.headers.location ?? "", owner.cookie)).headers;
    expect(await goTo(location, mark)).toMatchObject({ status: 302, headers: { location: path } });
    const cookie = { Cookie: `${mark}; ${setCookie.split(";")[0]}` };
    const answer = await ask(proxy, path, { host, headers: cookie });
    expect(seen(answer.body)).toMatchObject({ url: path });
    expect(seen(answer.body).headers.cookie).toBeUndefined();
    expect(answer.headers["content-security-policy"]).toBe(
      `frame-ancestors 'self' http://localhost:${new URL(proxy).port}`,
    );
    // Neither there nor elsewhere does the cookie open anything else.
    const elsewhere = host.replace(projectId, other);
    expect((await ask(proxy, path.replace(projectId, other), { host: elsewhere, headers: cookie })).status).toBe(401);
    expect((await ask(proxy, api("x"), { host, headers: cookie })).status).toBe(404);
    expect((await ask(proxy, path.replace(projectId, other), { host, headers: cookie })).status).toBe(404);
    expect((await ask(proxy, api("x"), { headers: cookie })).status).toBe(401);
    const sibling = { ...cookie, Origin: `http://${elsewhere}` };
    expect((await askUpgrade(proxy, path, { host, headers: sibling })).status).toBe(403);
    expect((await ask(proxy, path, { host, method: "POST", headers: sibling })).status).toBe(403);
  });

  test("a HEAD for a port was sent to the project's own origin, which refused it", async () => {
    const { path, enter } = await enterAs(owner, projectId, "HEAD");
    const entered = await enter();
    expect(entered).toMatchObject({ status: 302, headers: { location: path } });
    expect(firstCookie(entered)).toMatch(/^project_session=/);
  });

  test("who entered a project again and again left a cookie in the database each time", async () => {
    const person = await newPerson(db);
    const own = await newProject(db, [[person, "collaborator"]], { ip: IP });
    const kept = () => db.query("SELECT FROM project_origin_sessions WHERE project_id = $1", [own]);
    for (let entered = 1; entered <= 20; entered += 1) await (await enterAs(person, own)).enter();
    expect(await kept()).toHaveLength(20);
    const { path, host, enter } = await enterAs(person, own);
    const cookie = firstCookie(await enter());
    expect(await kept()).toHaveLength(1);
    expect((await ask(proxy, path, { host, headers: { Cookie: cookie } })).status).toBe(200);
  });

  test("a ticket of somebody else's put a visitor into that person's session: it is good in their own browser alone", async () => {
    const [attacker, victim] = [await newPerson(db), await newPerson(db)];
    const shared = await newProject(
      db,
      [
        [attacker, "collaborator"],
        [victim, "collaborator"],
      ],
      { ip: IP },
    );
    const theirs = await enterAs(attacker, shared);
    const own = await enterAs(victim, shared);
    const unmarked = await own.goTo(theirs.location, "");
    expect(unmarked.status).toBe(403);
    expect(unmarked.headers["set-cookie"]).toBeUndefined();
    // A browser that has a mark is sent to the app, and comes back as who is signed in there.
    const sentBack = await own.goTo(theirs.location, own.mark);
    expect(firstCookie(sentBack)).toBe(own.mark);
    const ticket = await own.goTo(sentBack.headers.location ?? "", victim.cookie);
    const entered = await own.goTo(ticket.headers.location ?? "", own.mark);
    const session = /project_session=(.*)/.exec(firstCookie(entered))?.[1] ?? "";
    const [row] = await db.query<{ session_hash: string }>(
      "SELECT session_hash FROM project_origin_sessions WHERE hash = $1",
      [hashToken(session)],
    );
    expect(row?.session_hash.trimEnd()).toBe(victim.sessionHash);
    expect(firstCookie(await own.goTo(own.location, theirs.mark))).toBe(theirs.mark); // nor is the victim's of use elsewhere
    expect(firstCookie(await own.enter())).toMatch(/^project_session=/);
  });

  test("keeps a pod's cookies to itself, and ends with the session", async () => {
    const person = await newPerson(db);
    const own = await newProject(db, [[person, "collaborator"]], { ip: IP });
    const { host, enter } = await enterAs(person, own);
    const cookie = firstCookie(await enter());
    const path = `/${own}/port/${pod.port}/headers`;
    const answer = await ask(proxy, path, { host, headers: { Cookie: cookie } });
    expect(answer.headers["set-cookie"]).toBe("own=1; Path=/");
    const { status, socket } = await askUpgrade(proxy, path, {
      host,
      headers: { Cookie: cookie, Origin: `http://${host}` },
    });
    expect(status).toBe(101);
    await endSession(db, person.sessionHash);
    await until(() => socket.destroyed, { timeoutMs: 10_000 });
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
