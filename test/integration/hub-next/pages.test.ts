import { gzipSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import { openMetrics } from "../../../src/core/metrics.ts";
import { Db } from "../../../src/db/db.ts";
import { PASSWORD, startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { testLog } from "../../helpers/log.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { openRestartableServer } from "../../helpers/restartable-postgres.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

async function openHub(env = {}) {
  const life = newLife();
  return startHub(life, await openTestDb(life), { env });
}

test("a person signs up, in and out by forms alone, and comes back to where they wanted to go", async () => {
  const hub = await openHub();
  const browser = hub.browser();
  expect(await (await browser.fetch("/auth/sign-up")).text()).toContain("becomes the administrator");
  const wish = { firstName: "Ada", lastName: "<b>Lovelace</b>", email: "ada@example.org", password: PASSWORD };
  const refused = await browser.form("/auth/sign-up", { ...wish, password: "short", next: "/app/projects/1" });
  const text = await refused.text();
  expect([
    refused.status,
    text.includes("at least 8"),
    text.includes('value="ada@example.org"'),
    text.includes('short"'),
  ]).toEqual([400, true, true, false]);
  expect(text).toContain('value="/app/projects/1"');
  const made = await browser.form("/auth/sign-up", { ...wish, next: "/app/projects/1" });
  expect([made.status, made.headers.get("location")]).toEqual([303, "/app/projects/1"]);
  expect(await (await browser.fetch("/")).text()).toContain("Ada &lt;b&gt;Lovelace&lt;/b&gt;");
  expect((await browser.fetch("/auth/sign-in?next=//evil.example")).headers.get("location")).toBe("/app/projects");
  const out = await browser.form("/auth/sign-out", {});
  expect([out.status, out.headers.get("location"), browser.cookie]).toEqual([303, "/", undefined]);
  const wrong = await browser.form("/auth/sign-in", { email: "ada@example.org", password: "nope" });
  expect([wrong.status, (await wrong.text()).includes("is wrong")]).toEqual([401, true]);
  const back = await browser.form("/auth/sign-in", { email: " ADA@example.org", password: PASSWORD });
  expect([back.status, back.headers.get("location")]).toEqual([303, "/app/projects"]);
});

test("signing out everywhere ends the sessions of other browsers, and a plain sign-out only this one", async () => {
  const hub = await openHub();
  const here = await hub.signedUp();
  const [there, elsewhere] = [hub.browser(), hub.browser()];
  for (const browser of [there, elsewhere])
    await browser.call("auth/sign-in", { email: here.email, password: PASSWORD });
  await there.form("/auth/sign-out", {});
  await elsewhere.call("accounts/profile", {});
  await here.form("/auth/sign-out", { all: "yes" });
  await until(async () => "code" in ((await elsewhere.try("accounts/profile", {})) as object), { timeoutMs: 10_000 });
});

test("every page has a policy without script, loads its own style alone, and is small", async () => {
  const hub = await openHub({
    BASE_PATH: "/cocalc",
    COCALC_SETTING_IMPRINT: "Us & <them>\n\nAgain",
    COCALC_SETTING_POLICIES: "<p>Read <em>this</em></p>",
  });
  const browser = hub.browser();
  await until(() => hub.problem() === undefined);
  for (const path of ["/", "/info", "/policies", "/policies/imprint", "/auth/sign-in", "/auth/sign-up", "/nowhere"]) {
    const answer = await browser.fetch(path);
    const text = await answer.text();
    expect({ path, status: answer.status }).toEqual({ path, status: path === "/nowhere" ? 404 : 200 });
    expect(answer.headers.get("content-security-policy")).not.toMatch(/script-src|unsafe/);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(text).not.toMatch(/<script|\son\w+=|style="/);
    expect(text.match(/(href|action|src)="\/(?!cocalc\/)/g)).toBeNull();
    const style = /href="\/cocalc(\/style-[\w-]+\.css)"/.exec(text)?.[1] ?? "";
    const css = await browser.fetch(style);
    expect(css.headers.get("cache-control")).toContain("immutable");
    expect(gzipSync(text + (await css.text())).length).toBeLessThan(20_000);
  }
  expect(await (await browser.fetch("/policies/imprint")).text()).toContain("<p>Us &amp; &lt;them&gt;</p><p>Again</p>");
  expect(await (await browser.fetch("/policies")).text()).toContain("<p>Read <em>this</em></p>");
  expect(await (await browser.fetch("/robots.txt")).text()).toContain("Disallow: /");
  expect((await browser.fetch("/alive")).status).toBe(200);
});

test("while the database is away the hub is ready, says so on its pages, and goes on when it is back", async () => {
  const life = newLife();
  const server = await openRestartableServer(life);
  const metrics = openMetrics({ defaults: false });
  const db = new Db(life, {
    config: server.config,
    applicationName: "test",
    log: testLog(),
    metrics,
    heartbeat: { heartbeatMs: 100, heartbeatTimeoutMs: 1_000 },
  });
  const hub = await startHub(life, db, { env: { COCALC_SETTING_SITE_NAME: "The Lab" } });
  const ada = await hub.signedUp();
  await until(async () => (await (await hub.browser().fetch("/")).text()).includes("The Lab"));
  await server.stop();
  const page = await until(async () => {
    const text = await (await ada.fetch("/")).text();
    return text.includes("cannot be reached") ? text : undefined;
  });
  expect(page).toContain("The Lab");
  expect(hub.problem()).toBeUndefined();
  const form = await ada.form("/auth/sign-in", { email: ada.email, password: PASSWORD });
  expect([form.status, form.headers.get("retry-after")]).toEqual([503, "2"]);
  expect(await form.text()).toContain("The database is away");
  expect((await ada.refused("projects/get", {})).code).toBe("unavailable");
  expect((await ada.fetch("/alive")).status).toBe(404);
  await server.start();
  await until(async () => !("code" in ((await ada.try("projects/get", {})) as object)));
});

test("a hub that starts while the database is away serves its pages, and is ready once it has been there", async () => {
  const life = newLife();
  const server = await openRestartableServer(life);
  await server.stop();
  const metrics = openMetrics({ defaults: false });
  const db = new Db(life, { config: server.config, applicationName: "test", log: testLog(), metrics });
  const hub = await startHub(life, db, { env: { COCALC_SETTING_SITE_NAME: "The Lab" } });
  expect(hub.problem()).toMatch(/cannot be stored/);
  expect((await hub.browser().fetch("/")).status).toBe(200);
  await server.start();
  await until(() => hub.problem() === undefined);
  await until(async () => (await (await hub.browser().fetch("/")).text()).includes("The Lab"));
});
