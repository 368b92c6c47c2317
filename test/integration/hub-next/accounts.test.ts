import { createHmac } from "node:crypto";
import { expect, test } from "@jest/globals";
import { PASSWORD_CHECKS, SIGN_IN_ADDRESS, SIGN_INS_HERE } from "../../../src/domain/accounts/limits.ts";
import { PASSWORD, startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

async function hubForTest(env = {}) {
  const life = newLife();
  const db = await openTestDb(life);
  return startHub(life, db, { env });
}

test("a person signs up, makes a project, signs out and in again", async () => {
  const hub = await hubForTest();
  const ada = await hub.signedUp({ firstName: "Ada", lastName: "Lovelace" });
  const { project_id } = await ada.call("projects/create", { title: "Notes", start: true });
  const { projects } = await ada.call("projects/get", {});
  expect(projects.map(({ title }) => title)).toEqual(["Notes"]);
  expect(projects[0]).toMatchObject({ project_id, action_request: { action: "start" } });
  await ada.call("accounts/sign-out", {});
  expect(ada.cookie).toBeUndefined();
  expect(await ada.refused("projects/get", {})).toMatchObject({ code: "unauthenticated" });
  expect(await ada.call("auth/sign-in", { email: ada.email.toUpperCase(), password: PASSWORD })).toEqual({
    account_id: ada.accountId,
  });
  expect((await ada.call("projects/get-one", { project_id })).title).toBe("Notes");
  expect(hub.problem()).toBeUndefined();
});

test("of twenty first sign-ups at once exactly one becomes administrator", async () => {
  const hub = await hubForTest();
  await Promise.all(Array.from({ length: 20 }, () => hub.signedUp()));
  const [count] = await hub.db.query(
    "SELECT count(*) AS accounts, count(*) FILTER (WHERE 'admin' = ANY(groups)) AS admins FROM accounts",
  );
  expect(count).toEqual({ accounts: 20, admins: 1 });
  await hub.signedUp();
  expect(await hub.db.query("SELECT count(*) AS admins FROM accounts WHERE 'admin' = ANY(groups)")).toEqual([
    { admins: 1 },
  ]);
});

test("of several sign-ups with one address one succeeds", async () => {
  const hub = await hubForTest();
  const wish = { email: "Grace@Example.org", password: PASSWORD, firstName: "Grace", lastName: "Hopper" };
  const answers = await Promise.all(Array.from({ length: 6 }, () => hub.browser().try("auth/sign-up", wish)));
  expect(
    answers.filter((answer) => typeof answer === "object" && answer !== null && "account_id" in answer),
  ).toHaveLength(1);
  expect(answers.filter((answer) => Reflect.get(answer as object, "code") === "conflict")).toHaveLength(5);
  expect(await hub.db.query("SELECT email_address FROM accounts")).toEqual([{ email_address: "grace@example.org" }]);
});

test("a wrong password and an unknown address are told alike, also in the end by the limit", async () => {
  const hub = await hubForTest();
  const ada = await hub.signedUp();
  const stranger = hub.browser();
  const wrong = { email: ada.email, password: "not the password" };
  const unknown = { email: "nobody@example.org", password: "not the password" };
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const [one, other] = [
      await stranger.refused("auth/sign-in", wrong),
      await stranger.refused("auth/sign-in", unknown),
    ];
    expect(one).toEqual(other);
    expect(one.code).toBe("unauthenticated");
  }
  expect((await stranger.refused("auth/sign-in", wrong)).code).toBe("rate_limited");
  expect((await stranger.refused("auth/sign-in", unknown)).code).toBe("rate_limited");
  // The right password does not help here any more, but others of the same network, and the open session, go on.
  expect((await stranger.refused("auth/sign-in", { email: ada.email, password: PASSWORD })).code).toBe("rate_limited");
  const grace = await hub.signedUp();
  await hub.browser().call("auth/sign-in", { email: grace.email, password: PASSWORD });
  await ada.call("accounts/profile", {});
});

test("an address that a class shares is not limited by its members' good sign-ins", async () => {
  const hub = await hubForTest();
  const ada = await hub.signedUp();
  for (let attempt = 0; attempt < 15; attempt += 1)
    await hub.browser().call("auth/sign-in", { email: ada.email, password: PASSWORD });
  const counted = await hub.db.query<{ points: number }>(
    "SELECT points FROM rate_limits WHERE key LIKE 'sign_in_address:%'",
  );
  expect(counted).toEqual([{ points: 0 }]);
});

test("who signed in again and again with the right password was never stopped, and left a session each time", async () => {
  const hub = await hubForTest();
  const ada = await hub.signedUp();
  const signIn = { email: ada.email, password: PASSWORD };
  const earlier = await hub.db.query<{ hash: string }>("SELECT hash FROM remember_me");
  await hub.db.execute(
    `INSERT INTO remember_me (hash, account_id, expire, last_active)
     SELECT 'old ' || number, $1, now() + interval '1 day', now() - make_interval(hours => number) FROM generate_series(1, 1000) AS number`,
    [ada.accountId],
  );
  const browser = hub.browser();
  await browser.call("auth/sign-in", signIn);
  await browser.call("accounts/profile", {});
  await ada.call("accounts/profile", {});
  const kept = await hub.db.query<{ hash: string }>("SELECT hash FROM remember_me");
  expect(kept).toHaveLength(1_000);
  expect(kept).toEqual(expect.arrayContaining(earlier));
  expect(kept.map(({ hash }) => hash.trimEnd())).not.toContain("old 1000");
  await hub.db.execute("UPDATE rate_limits SET points = $1 WHERE key LIKE 'sign_ins_here:%'", [SIGN_INS_HERE.points]);
  const refused = await hub.browser().refused("auth/sign-in", signIn);
  expect(refused).toMatchObject({ code: "rate_limited", error: expect.stringContaining("API key") });
});

test("whoever knows the password could have it checked, and mails about it sent, without end", async () => {
  const hub = await hubForTest();
  const ada = await hub.signedUp();
  const change = { currentPassword: PASSWORD, newPassword: PASSWORD };
  await ada.call("accounts/set-password", change);
  await hub.db.execute("UPDATE rate_limits SET points = $1 WHERE key LIKE 'password_checks:%'", [
    PASSWORD_CHECKS.points,
  ]);
  expect(await ada.refused("accounts/set-password", change)).toMatchObject({ code: "rate_limited" });
});

test("who had a large network of IPv6 addresses guessed from each of its small ones anew", async () => {
  const hub = await hubForTest();
  await hub.signedUp();
  const guess = (address: string) =>
    hub
      .browser()
      .refused("auth/sign-in", { email: "x@example.org", password: "wrong" }, { "X-Forwarded-For": address });
  expect((await guess("2001:db8:7:1::1")).code).toBe("unauthenticated");
  await hub.db.execute("UPDATE rate_limits SET points = $1 WHERE key LIKE 'sign_in_address:%'", [
    SIGN_IN_ADDRESS.points,
  ]);
  expect((await guess("2001:db8:7:2::1")).code).toBe("rate_limited");
  expect((await guess("2001:db8:8:1::1")).code).toBe("unauthenticated");
});

test("an older hash is replaced at sign-in, and fits", async () => {
  const hub = await hubForTest();
  const ada = await hub.signedUp();
  let digest = PASSWORD;
  for (let round = 0; round < 1_000; round += 1)
    digest = createHmac("sha512", "0123456789abcdef0123456789abcdef").update(digest).digest("hex");
  const old = `sha512$0123456789abcdef0123456789abcdef$1000$${digest}`;
  expect(old.length).toBeLessThanOrEqual(173);
  await hub.db.execute("UPDATE accounts SET password_hash = $1", [old]);
  expect((await hub.browser().refused("auth/sign-in", { email: ada.email, password: "wrong one" })).code).toBe(
    "unauthenticated",
  );
  await hub.browser().call("auth/sign-in", { email: ada.email, password: PASSWORD });
  const [row] = await hub.db.query<{ password_hash: string }>("SELECT password_hash FROM accounts");
  expect(row?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(row?.password_hash.length).toBeLessThanOrEqual(173);
  await hub.browser().call("auth/sign-in", { email: ada.email, password: PASSWORD });
});

test("bad passwords and names are refused in words", async () => {
  const hub = await hubForTest();
  const wish = { email: "walter@example.org", password: PASSWORD, firstName: "Walter", lastName: "Benjamin" };
  const tell = async (change: object) => (await hub.browser().refused("auth/sign-up", { ...wish, ...change })).error;
  expect(await tell({ password: "short" })).toMatch(/at least 8/);
  expect(await tell({ password: "Password123!" })).toMatch(/everybody uses/);
  expect(await tell({ password: "walter@example.org" })).toMatch(/own name or address/);
  expect(await tell({ password: "aaaaaaaaaaaa" })).toMatch(/repeats/);
  expect(await tell({ email: "no address" })).toMatch(/e-mail address/);
  expect(await tell({ firstName: "a\nb" })).toMatch(/control characters/);
  expect(await tell({ firstName: " " })).toMatch(/Write a name/);
});

test("a site without accounts said that signing up takes a token, which the first account does not need", async () => {
  const hub = await hubForTest();
  await hub.db.execute("INSERT INTO registration_tokens (token) VALUES ('open sesame')");
  const told = async () => [
    await hub.browser().call("auth/requires-token", {}),
    (await hub.browser().call("customize", { fields: ["registration"] })).registration,
  ];
  expect(await told()).toEqual([false, false]);
  await hub.signedUp();
  expect(await told()).toEqual([true, true]);
});

test("registration tokens are asked for, counted and never used twice at once", async () => {
  const hub = await hubForTest();
  await hub.signedUp(); // the first needs none
  await hub.db.execute(`INSERT INTO registration_tokens (token, "limit") VALUES ('open sesame', 2)`);
  expect(await hub.browser().call("auth/requires-token", {})).toBe(true);
  await expect(hub.signedUp()).rejects.toThrow(/takes a registration token/);
  await expect(hub.signedUp({ registrationToken: "wrong" })).rejects.toThrow(/wrong, used up/);
  const tries = await Promise.allSettled(
    Array.from({ length: 6 }, () => hub.signedUp({ registrationToken: "open sesame" })),
  );
  expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
  expect(await hub.db.query("SELECT counter FROM registration_tokens")).toEqual([{ counter: 2 }]);
  await expect(hub.signedUp({ registrationToken: "open sesame" })).rejects.toThrow(/used up/);
});

test("settings close sign-up, ask for terms, and come back at once", async () => {
  const hub = await hubForTest({ COCALC_SETTING_TERMS_OF_SERVICE: "Be kind.", COCALC_SETTING_SITE_NAME: "Lab" });
  await until(() => hub.problem() === undefined);
  await expect(hub.signedUp()).rejects.toThrow(/terms/);
  await hub.signedUp({ terms: true });
  expect(await hub.db.query("SELECT name, readonly FROM server_settings ORDER BY name")).toEqual([
    { name: "site_name", readonly: true },
    { name: "terms_of_service", readonly: true },
  ]);
  await hub.db.execute("INSERT INTO server_settings (name, value) VALUES ('email_signup', 'no')");
  await until(async () => (await hub.browser().call("customize", { fields: ["email_signup"] })).email_signup === false);
  await expect(hub.signedUp({ terms: true })).rejects.toThrow(/ask whoever runs/);
  await hub.db.execute("DELETE FROM server_settings WHERE name = 'email_signup'");
  await until(async () => (await hub.browser().call("customize", { fields: ["email_signup"] })).email_signup === true);
  await hub.signedUp({ terms: true });
});

test("a new password ends all other sessions", async () => {
  const hub = await hubForTest();
  const here = await hub.signedUp();
  const there = hub.browser();
  await there.call("auth/sign-in", { email: here.email, password: PASSWORD });
  await there.call("accounts/profile", {});
  const change = { currentPassword: PASSWORD, newPassword: "nine loud penguins" };
  expect((await here.refused("accounts/set-password", { ...change, currentPassword: "wrong" })).code).toBe("forbidden");
  await here.call("accounts/set-password", change);
  await until(
    async () =>
      ((await there.try("accounts/profile", {})) as object) &&
      "code" in ((await there.try("accounts/profile", {})) as object),
    { timeoutMs: 10_000 },
  );
  await here.call("accounts/profile", {});
  expect((await there.refused("auth/sign-in", { email: here.email, password: PASSWORD })).code).toBe("unauthenticated");
});

test("banned and deleted accounts may do nothing, within two seconds", async () => {
  const hub = await hubForTest();
  const admin = await hub.signedUp();
  const ada = await hub.signedUp();
  const grace = await hub.signedUp();
  await ada.call("accounts/profile", {});
  await grace.call("accounts/profile", {});
  expect((await ada.refused("accounts/ban", { account_id: grace.accountId })).code).toBe("forbidden");
  await admin.call("accounts/ban", { account_id: ada.accountId });
  await admin.call("accounts/delete", { account_id: grace.accountId });
  for (const gone of [ada, grace]) {
    await until(
      async () => Reflect.get((await gone.try("accounts/profile", {})) as object, "code") === "unauthenticated",
      { timeoutMs: 10_000 },
    );
  }
  expect((await hub.browser().refused("auth/sign-in", { email: ada.email, password: PASSWORD })).code).toBe(
    "forbidden",
  );
  expect((await hub.browser().refused("auth/sign-in", { email: grace.email, password: PASSWORD })).code).toBe(
    "unauthenticated",
  );
  await admin.call("accounts/remove-ban", { account_id: ada.accountId });
  await hub.browser().call("auth/sign-in", { email: ada.email, password: PASSWORD });
  expect((await admin.refused("accounts/delete", { password: PASSWORD })).error).toMatch(/only administrator/);
  const events = await hub.db.query<{ event: string }>("SELECT event FROM central_log ORDER BY time");
  expect(events.map(({ event }) => event)).toEqual(["account-banned", "account-deleted", "account-unbanned"]);
});

test("people are found by the beginning of a name or a whole address, and addresses stay private", async () => {
  const hub = await hubForTest();
  const admin = await hub.signedUp({ firstName: "Root", lastName: "Admin" });
  const ada = await hub.signedUp({ firstName: "Ada", lastName: "Lovelace" });
  await hub.signedUp({ firstName: "Adam", lastName: "Smith" });
  const found = async (query: string) =>
    (await ada.call("accounts/search", { query })).accounts.map(({ first_name }) => first_name).sort();
  expect(await found("ad")).toEqual(["Ada", "Adam", "Root"]);
  expect(await found("ada lov")).toEqual(["Ada"]);
  expect(await found("smith adam")).toEqual(["Adam"]);
  expect(await found("a%")).toEqual([]);
  expect(await found(admin.email)).toEqual(["Root"]);
  expect(JSON.stringify(await ada.call("accounts/search", { query: "ad" }))).not.toContain("@");
  expect(JSON.stringify(await ada.call("accounts/profile", { account_id: admin.accountId }))).not.toContain("@");
  expect(JSON.stringify(await admin.call("accounts/search", { query: "ad" }))).toContain(ada.email);
  await ada.call("accounts/set-name", { first_name: "Augusta", name: "ada" });
  expect((await admin.refused("accounts/set-name", { name: "ADA" })).code).toBe("conflict");
  const { names } = await admin.call("accounts/get-names", { account_ids: [ada.accountId] });
  expect(names[ada.accountId]).toMatchObject({ first_name: "Augusta", last_name: "Lovelace", name: "ada" });
});
