import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { endpoints } from "../../../src/protocol/api-v2-table.ts";
import { type Browser, PASSWORD, startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { keptLog } from "../../helpers/log.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

async function openHub(env = {}) {
  const life = newLife();
  const { log, lines } = keptLog();
  const hub = await startHub(life, await openTestDb(life), { env, log });
  return { hub, lines };
}

const code = async (browser: Browser, path: string, body: unknown, headers = {}) =>
  Reflect.get(Object((await browser.try(path, body, headers)) ?? {}), "code");

test("text that the database cannot keep is the caller's mistake, and no bug in the log", async () => {
  const { hub, lines } = await openHub();
  const ada = await hub.signedUp();
  const { project_id } = await ada.call("projects/create", { title: "A" });
  for (const text of ["\0", "a\ud800"]) {
    expect(await code(ada, "projects/update", { project_id, title: text })).toBe("invalid");
    expect(await code(ada, "projects/update", { project_id, env: { A: text } })).toBe("invalid");
    expect(await code(ada, "accounts/search", { query: text })).toBe("invalid");
    expect(await code(hub.browser(), "auth/sign-in", { email: `${text}@x.org`, password: "x" })).toBe("invalid");
  }
  const body = new URLSearchParams({ email: "a\0@x.org", password: "x" });
  const page = await hub
    .browser()
    .fetch("/auth/sign-in", { method: "POST", body, headers: { Origin: new URL(hub.origin).origin } });
  expect(page.status).toBeLessThan(500);
  expect(lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("moments and numbers that the database cannot keep were taken for bugs, or kept and then not told", async () => {
  const { hub, lines } = await openHub();
  const ada = await hub.signedUp();
  for (const day of ["2024-02-30", "0000-01-01"]) {
    const after = `${day}T00:00:00.000000_${randomUUID()}`;
    expect(await code(ada, "projects/get", { after })).toBe("invalid");
  }
  const key = { action: "create", name: "program", expire: "0000-01-01T00:00:00Z" };
  expect(await code(ada, "api-keys", key)).toBe("invalid");
  expect(await code(ada, "api-keys", { action: "get" })).toBeUndefined();
  expect(await code(ada, "api-keys", { action: "delete", id: 2 ** 40 })).toBe("invalid");
  expect(lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("who came from a link-local address of IPv6 could not sign up", async () => {
  const { hub, lines } = await openHub();
  const wish = { email: "ada@example.org", password: PASSWORD, firstName: "Ada", lastName: "L." };
  expect(await code(hub.browser(), "auth/sign-up", wish, { "X-Forwarded-For": "fe80::1%eth0" })).toBeUndefined();
  expect(lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("every endpoint refuses strangers, and a member's those who are none or no longer", async () => {
  const { hub } = await openHub();
  await hub.signedUp(); // the administrator
  const owner = await hub.signedUp();
  const removed = await hub.signedUp();
  const outsider = await hub.signedUp();
  const { project_id } = await owner.call("projects/create", { title: "Closed" });
  await owner.call("projects/collaborators/add", { project_id, account_id: removed.accountId });
  await removed.call("projects/get-one", { project_id });
  await owner.call("projects/collaborators/remove", { project_id, account_id: removed.accountId });
  await until(async () => (await code(removed, "projects/get-one", { project_id })) === "forbidden", {
    timeoutMs: 10_000,
  });
  // One body that is well formed for all: a refusal must not be for its form.
  const body = {
    project_id,
    account_id: owner.accountId,
    target_account_id: owner.accountId,
    new_group: "collaborator",
    title: "taken over",
  };
  for (const [path, { access }] of Object.entries(endpoints)) {
    if (access === "anyone") continue;
    expect({ path, code: await code(hub.browser(), path, body) }).toEqual({ path, code: "unauthenticated" });
    const forged = Object.assign(hub.browser(), { cookie: `remember_me=${"A".repeat(43)}` });
    expect({ path, code: await code(forged, path, body) }).toEqual({ path, code: "unauthenticated" });
    if (access === "admin")
      expect({ path, code: await code(outsider, path, body) }).toEqual({ path, code: "forbidden" });
    if (access !== "project") continue;
    for (const stranger of [outsider, removed]) {
      expect({ path, code: await code(stranger, path, body) }).toEqual({ path, code: "forbidden" });
      expect({ path, code: await code(stranger, path, { ...body, project_id: randomUUID() }) }).toEqual({
        path,
        code: "forbidden",
      });
    }
  }
  expect((await owner.call("projects/get-one", { project_id })).title).toBe("Closed");
});

test("no page of another site acts with a visitor's cookie, whatever headers it can bring", async () => {
  const { hub } = await openHub();
  const ada = await hub.signedUp();
  const own = new URL(hub.origin);
  const foreign = [
    { Origin: "https://evil.example" },
    { Origin: "null" },
    { Origin: `${hub.origin}.evil.example` },
    { Origin: `http://127.0.0.1:${Number(own.port) + 1}` },
    { Origin: `http://x.${own.host}` },
    { Origin: "https://evil.example", "Sec-Fetch-Site": "same-origin" },
    { "Sec-Fetch-Site": "cross-site", Origin: hub.origin },
    { "Sec-Fetch-Site": "same-site", Origin: hub.origin },
    { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", Origin: "" },
  ];
  for (const headers of foreign) {
    expect({ headers, code: await code(ada, "projects/create", { title: "forged" }, headers) }).toEqual({
      headers,
      code: "forbidden",
    });
    for (const path of ["/auth/sign-out", "/auth/sign-in", "/auth/sign-up"]) {
      const answer = await ada.form(path, { email: ada.email, password: PASSWORD, all: "yes" }, headers);
      expect({ headers, path, status: answer.status }).toEqual({ headers, path, status: 403 });
    }
  }
  // Bodies that a plain form can send are no JSON for us, wherever they come from.
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain; application/json",
  ]) {
    expect({ type, code: await code(ada, "projects/create", { title: "forged" }, { "Content-Type": type }) }).toEqual({
      type,
      code: "invalid",
    });
  }
  const bare = await fetch(`${hub.base}/auth/sign-out`, {
    method: "POST",
    body: new URLSearchParams({ all: "yes" }),
    headers: { Cookie: ada.cookie ?? "" },
  });
  expect(bare.status).toBe(403);
  for (const headers of [{ Origin: hub.origin }, { Origin: hub.origin, "Sec-Fetch-Site": "same-origin" }]) {
    expect(await code(ada, "projects/get", {}, headers)).toBeUndefined();
  }
  expect((await ada.call("projects/get", {})).projects).toEqual([]);
});

test("after signing in nobody is led to another site, whatever `next` says", async () => {
  const { hub } = await openHub();
  const ada = await hub.signedUp();
  const lures = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "/\t/evil.example",
    "/%09/evil.example",
  ];
  lures.push(
    "javascript:alert(1)",
    "/./\\evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/\u0000/evil.example",
    "//evil.example/%2f..",
    "/x\r\nSet-Cookie: a=b",
  );
  const piece = fc.constantFrom(
    "/",
    "\\",
    "//",
    "evil.example",
    "@",
    ":",
    "https:",
    "\t",
    "\n",
    "%2f",
    "%5c",
    ".",
    "..",
    "?",
    "#",
    "a",
    " ",
    "\u3002",
    "\uff0f",
  );
  const samples = fc.sample(
    fc.array(piece, { minLength: 1, maxLength: 7 }).map((pieces) => pieces.join("")),
    150,
  );
  for (const next of [...lures, ...samples]) {
    const answer = await ada.fetch(`/auth/sign-in?next=${encodeURIComponent(next)}`);
    const location = answer.headers.get("location") ?? "";
    expect({ next, origin: new URL(location, hub.origin).origin, status: answer.status }).toEqual({
      next,
      origin: hub.origin,
      status: 303,
    });
    expect(location).toMatch(/^\/(?![/\\])/);
  }
  const good = await ada.fetch(`/auth/sign-in?next=${encodeURIComponent("/app/projects/x?tab=files#top")}`);
  expect(good.headers.get("location")).toBe("/app/projects/x?tab=files#top");
});

test("what is too large or not well formed is refused in words, and the hub goes on", async () => {
  const { hub } = await openHub();
  const stranger = hub.browser();
  const large = await stranger.fetch("/api/v2/auth/sign-in", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email: "x".repeat(2_000_000), password: "" }),
  });
  expect([large.status, await large.json()]).toMatchObject([413, { code: "too_large" }]);
  expect((await stranger.form("/auth/sign-in", { email: "x".repeat(100_000) })).status).toBe(413);
  const raw = async (body: string) =>
    (
      await stranger.fetch("/api/v2/auth/sign-in", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body,
      })
    ).json();
  for (const body of [
    "",
    "{",
    "[]",
    "null",
    '"text"',
    "{}",
    '{"email":{"$ne":1},"password":[]}',
    '{"__proto__":{"isAdmin":true}}',
  ]) {
    expect({ body, answer: await raw(body) }).toMatchObject({ body, answer: { code: "invalid" } });
  }
  for (const path of ["no/such", "constructor", "__proto__", "auth/sign-in/", "toString"]) {
    expect(await code(stranger, path, {})).toMatch(/not_found|invalid/);
  }
  expect((await stranger.fetch("/api/v2/auth/sign-in")).status).toBe(405);
  expect((await stranger.fetch("/%ff%fe/%c0%ae")).status).toBe(404);
  expect((await stranger.fetch("/policies/%E0%A4%A")).status).toBe(400);
  expect((await stranger.fetch("/policies/constructor")).status).toBe(404);
  await hub.signedUp();
});

test("a body made to be slow to read holds up nobody, and strangers are given little room", async () => {
  const { hub } = await openHub();
  const ada = await hub.signedUp();
  const many = `{"account_ids":[${"1,".repeat(400_000)}1]}`;
  const deep = `{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
  const keys = `{"env":{${Array.from({ length: 80_000 }, (_, index) => `"k${index}":1`).join()}}}`;
  const send = (browser: Browser, body: string) =>
    browser.fetch("/api/v2/accounts/get-names", {
      method: "POST",
      headers: { "Content-Type": "application/json", Origin: hub.origin },
      body,
    });
  for (const body of [many, deep, keys]) {
    expect((await send(hub.browser(), body)).status).toBe(413);
    // Told by the count of what it holds, which ends at once: a schema would have looked at all of it, and named a field.
    const error = expect.stringContaining("far more than any call takes");
    expect(await (await send(ada, body)).json()).toMatchObject({ code: "invalid", error });
  }
});

test("what strangers send never makes a line of its own in the log, nor a long one, nor tells a secret", async () => {
  const { hub, lines } = await openHub();
  const ada = await hub.signedUp();
  const secret = "correct-battery-97";
  await ada.refused("auth/sign-in", { email: `x\r\nroot signed in ${"y".repeat(100)}@example.org`, password: secret });
  await ada.fetch(`/auth/sign-in?next=/${secret}`);
  await ada.fetch(`/${"z".repeat(10_000)}%0d%0aforged`);
  const socket = connect(Number(new URL(hub.origin).port), "127.0.0.1");
  socket.end("GET /a\u001b[31mred HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  await until(() => lines.filter(({ message }) => message === "request").length >= 4);
  const text = JSON.stringify(lines);
  expect(text).not.toContain(secret);
  expect(text).not.toContain(ada.cookie?.split("=")[1] ?? "?");
  expect(text).not.toMatch(/\\r|\\n|\\u001b/);
  expect(Math.max(...lines.map((line) => JSON.stringify(line).length))).toBeLessThan(1_000);
});

test("over TLS the cookie is host-only, secure and out of reach of scripts; below a base path it bears its name", async () => {
  const { hub } = await openHub();
  const wish = { email: "tls@example.org", password: PASSWORD, firstName: "T", lastName: "S" };
  const post = (origin: string, body: object, headers = {}) =>
    fetch(`${origin}/api/v2/auth/sign-up`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  const answer = await post(hub.base, wish, { "X-Forwarded-Proto": "https" });
  expect(answer.headers.get("set-cookie")).toMatch(
    /^__Host-remember_me=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  const { hub: below } = await openHub({ BASE_PATH: "/cocalc" });
  const plain = await post(below.base, wish);
  expect(plain.headers.get("set-cookie")).toMatch(/^%2Fcocalc.?remember_me=/);
  expect((await fetch(`${below.origin}/api/v2/customize`, { method: "POST" })).status).toBe(404);
});

test("who hangs up before the answer stands in the log with their address", async () => {
  const { hub, lines } = await openHub();
  const socket = connect(Number(new URL(hub.origin).port), "127.0.0.1");
  const head =
    "POST /api/v2/auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{";
  socket.write(head, () => socket.destroy());
  const line = await until(() => lines.find(({ message }) => message === "request"));
  expect(line.fields).toMatchObject({ status: 499, address: "127.0.0.1" });
});

test("a proxy that nobody has named is told of once, and what it says of visitors counts for nothing", async () => {
  const { hub, lines } = await openHub({ COCALC_TRUSTED_PROXIES: "none" });
  const headers = { "X-Forwarded-For": "203.0.113.7" };
  for (const path of ["/", "/info", "/policies"]) await hub.browser().fetch(path, { headers });
  await until(() => lines.filter(({ message }) => message === "request").length === 3);
  expect(lines.filter(({ level }) => level === "warn").map(({ fields }) => fields)).toMatchObject([
    { address: "127.0.0.1" },
  ]);
  expect(JSON.stringify(lines)).not.toContain("203.0.113.7");
});

test("nobody with a large network of their own locks somebody else out", async () => {
  const { hub } = await openHub();
  const ada = await hub.signedUp();
  const from = (address: string, password: string) =>
    code(hub.browser(), "auth/sign-in", { email: ada.email, password }, { "X-Forwarded-For": address });
  const guess = (network: number) => from(`2001:db8:7:${network.toString(16)}::1`, "wrong-guess");
  const codes = await Promise.all(Array.from({ length: 210 }, (_, network) => guess(network)));
  expect(codes.filter((each) => each === "unauthenticated")).toHaveLength(10);
  expect(await from("2001:db8:8::1", PASSWORD)).toBeUndefined();
});
