import { expect, test } from "@jest/globals";
import { startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { openTestDb } from "../../helpers/postgres.ts";

const newLife = testLives();

async function openHub(env = {}) {
  const life = newLife();
  return startHub(life, await openTestDb(life), { env });
}

/** Next to nothing flows in while a test runs. */
const SLOW = { COCALC_API_ACCOUNT_PER_SECOND: "0.001", COCALC_API_ADDRESS_PER_SECOND: "0.001" };

test("an account that calls in a loop is told to wait, by cookie and by key alike, and nobody else is", async () => {
  const hub = await openHub({ ...SLOW, COCALC_API_ACCOUNT_BURST: "30" });
  const ada = await hub.signedUp();
  const grace = await hub.signedUp();
  const { response } = await ada.call("api-keys", { action: "create" });
  const authorization = { Authorization: `Bearer ${response[0]?.secret}` };
  const call = (headers?: Record<string, string>) => ada.try("auth/has-password", {}, headers);
  const answers = await Promise.all(Array.from({ length: 60 }, () => call()));
  const refused = answers.filter((answer) => Reflect.get(Object(answer), "code") === "rate_limited");
  expect(refused).toHaveLength(31); // the key was made by a call, too
  expect(await call(authorization)).toMatchObject({ code: "rate_limited" });
  const answer = await ada.fetch("/api/v2/projects/get", {
    method: "POST",
    body: "{}",
    headers: { "Content-Type": "application/json" },
  });
  const { error, retryAfterSeconds } = Object(await answer.json());
  expect(error).toContain("your account");
  expect(retryAfterSeconds).toBeGreaterThan(900);
  expect(answer.headers.get("retry-after")).toBe(String(retryAfterSeconds));
  expect(await grace.call("auth/has-password", {})).toEqual({ hasPassword: true });
  expect(await hub.browser().try("auth/requires-token", {})).toBe(false);
});

test("strangers in a loop use up what their network may, and not what its people may who are signed in", async () => {
  const hub = await openHub({ ...SLOW, COCALC_API_ADDRESS_BURST: "20" });
  const ada = await hub.signedUp();
  const stranger = hub.browser();
  const answers = await Promise.all(Array.from({ length: 50 }, () => stranger.try("auth/requires-token", {})));
  expect(answers.filter((answer) => answer === false)).toHaveLength(19); // signing up was one
  expect(await stranger.try("auth/requires-token", {})).toMatchObject({ code: "rate_limited" });
  expect(await ada.call("auth/has-password", {})).toEqual({ hasPassword: true });
});

test("pages and what the site says of itself, which look into the database too, are counted like calls", async () => {
  const hub = await openHub({ ...SLOW, COCALC_API_ADDRESS_BURST: "20" });
  for (let asked = 0; asked < 10; asked += 1) {
    expect((await hub.browser().fetch("/auth/sign-up")).status).toBe(200);
    expect((await hub.browser().fetch("/customize")).status).toBe(200);
  }
  for (const path of ["/auth/sign-up", "/customize"]) {
    const answer = await hub.browser().fetch(path);
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await answer.text()).toContain("your network makes without signing in");
  }
});

test("a script that sets up a class of 200 passes: a project, a collaborator and an address for each", async () => {
  const hub = await openHub();
  await hub.signedUp(); // the administrator
  const teacher = await hub.signedUp();
  const assistant = await hub.signedUp();
  const { response } = await teacher.call("api-keys", { action: "create" });
  const script = hub.browser();
  const key = { Authorization: `Bearer ${response[0]?.secret}` };
  const student = async (index: number) => {
    const { project_id } = await script.call("projects/create", { title: `Student ${index}` }, key);
    await script.call("projects/collaborators/add", { project_id, account_id: assistant.accountId }, key);
    await script.call("projects/collaborators/add", { project_id, email_address: `s${index}@example.org` }, key);
  };
  for (let index = 0; index < 200; index += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, offset) => student(index + offset)));
  }
  expect((await teacher.call("projects/get", { limit: 500 })).projects).toHaveLength(200);
});
