import { describe, expect, test } from "@jest/globals";
import { createLocalJWKSet, jwtVerify } from "jose";
import { createApiKey } from "../../../src/domain/access/api-keys.ts";
import { publicKeys } from "../../../src/domain/signing-keys/signing-keys.ts";
import { ASSERTION_HEADER, assertionClaims } from "../../../src/protocol/assertion.ts";
import { newPerson, newProject, removeMember } from "../../helpers/people.ts";
import { until } from "../../helpers/until.ts";
import { api, db, get, IP, owner, pod, projectId, proxy, seen, stranger } from "./hub-proxy-fixture.ts";
import { ask, askUpgrade } from "./wire.ts";

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
      "content-language": "tlh",
      "cross-origin-resource-policy": "same-origin",
      "x-accel-buffering": "no",
    });
    expect(headers["permissions-policy"]).toContain("camera=()");
  });

  test("on the app's origin: nothing that a browser or a proxy in front would obey in the site's name", async () => {
    const { headers } = await get(api("headers"));
    const obeyed =
      /^(x-accel-redirect|x-sendfile|use-as-dictionary|accept-ch|speculation-rules|secure-session-.*|x-unknown-yet)$/;
    expect(Object.keys(headers).filter((name) => obeyed.test(name))).toEqual([]);
  });

  test.each([200, 204, 304, 404, 500])("status %i as it is, for GET and HEAD", async (status) => {
    const answer = await get(api(`status?n=${status}`));
    expect(answer).toMatchObject({ status, headers: { "content-language": "tlh" } });
    expect(answer.body).toBe(status === 204 || status === 304 ? "" : "body");
    const head = await ask(proxy, api(`status?n=${status}`), { method: "HEAD", headers: { Cookie: owner.cookie } });
    expect(head).toMatchObject({ status, body: "" });
  });

  test("of several trailers only the last arrived, and whatever it was: all arrive that may, by the filter of headers", async () => {
    expect((await get(api("trailers"))).body).toBe('bodyetag: "42"\r\ncontent-language: tlh');
  });

  test("an answer after early hints", async () => {
    expect((await get(api("hints"))).body).toBe("after hints");
  });

  test("an answer that breaks off is cut off here too", async () => {
    const { status, body } = await get(api("break"));
    expect({ status, body }).toEqual({ status: 200, body: "half" });
  });

  test("in words when it resets", async () => {
    expect((await get(api("reset"))).status).toBe(502);
  });

  test.each(["port/1/a?b", "port/jupyterlab/a?b", "server/code/a?b"])(
    "%s is asked of the project's own server, as a hub",
    async (path) => {
      const { secret } = await createApiKey(db, { accountId: owner.accountId, name: "k" });
      const headers = { Authorization: `Bearer ${secret}` };
      const { status, body } = await ask(proxy, `/${projectId}/${path}`, { host: `${projectId}.localhost`, headers });
      expect(status).toBe(200);
      expect(seen(body)).toMatchObject({
        url: `/${projectId}/${path}`,
        headers: { [ASSERTION_HEADER]: expect.any(String) },
      });
    },
  );
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
      await until(async () => (await ask(proxy, path, { headers })).status === status, { timeoutMs: 10_000 });
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
    // A key that is given takes the place of the cookie: an invented one opens no door that the cookie would.
    const invented = { Authorization: `Bearer sk-${"k".repeat(43)}00001z` };
    expect((await post({ Origin: "http://evil.example", ...invented })).status).toBe(401);
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

  test.each(["script", "worker", "style", "object", "SharedWorker", "embed", "audioworklet"])(
    "a file of a project is not run by a page of the app as %s",
    async (destination) => {
      const load = (headers: Record<string, string>) => get(`/${projectId}/raw/a.js`, headers);
      expect((await load({ "Sec-Fetch-Dest": destination, "Sec-Fetch-Site": "same-origin" })).status).toBe(403);
      expect((await load({ "Sec-Fetch-Dest": "image", "Sec-Fetch-Site": "same-origin" })).status).toBe(200);
      expect((await load({ "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none" })).status).toBe(200);
    },
  );

  test("a key of one project is good for that project alone", async () => {
    const other = await newProject(db, [[owner, "owner"]], { ip: IP });
    const { secret } = await createApiKey(db, { accountId: owner.accountId, projectId, name: "k" });
    const headers = { Authorization: `Basic ${Buffer.from(`${secret}:`).toString("base64")}` };
    expect((await ask(proxy, api("x"), { headers })).status).toBe(200);
    expect((await ask(proxy, `/${other}/api/x`, { headers })).status).toBe(403);
  });
});
