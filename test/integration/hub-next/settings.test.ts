import { expect, test } from "@jest/globals";
import { settingNames } from "../../../src/domain/settings/definitions.ts";
import { startCli } from "../../helpers/cli.ts";
import { startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { databaseEnv, openTestDb } from "../../helpers/postgres.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

async function site(env: Record<string, string> = {}) {
  const life = newLife();
  const db = await openTestDb(life);
  const hub = await startHub(life, db, { env });
  const admin = await hub.signedUp(); // the first account of a site
  const settingOf = async (name: string) =>
    (await admin.call("admin/settings/list", {})).settings.find((setting) => setting.name === name);
  return { life, db, hub, admin, settingOf };
}

test("an administrator sees every setting with its kind, default and meaning, and no password", async () => {
  const { db, admin, settingOf } = await site({ COCALC_SETTING_SITE_NAME: "Fixed Lab" });
  const { settings } = await admin.call("admin/settings/list", {});
  expect(settings.map(({ name }) => name)).toEqual(settingNames);
  expect(await settingOf("site_name")).toMatchObject({ value: "Fixed Lab", readonly: true, kind: "text" });
  expect(await settingOf("email_signup")).toMatchObject({ value: null, isSet: false, default: "yes", kind: "flag" });
  expect(await settingOf("samesite_remember_me")).toMatchObject({ choices: ["lax", "strict", "none"] });
  await admin.call("admin/settings/set", { name: "email_smtp_password", value: "secret-93" });
  expect(await settingOf("email_smtp_password")).toMatchObject({ value: null, isSet: true, isSecret: true });
  const recorded = await db.query("SELECT value FROM central_log WHERE event = 'setting-changed' ORDER BY time");
  expect(recorded).toEqual([
    { value: { name: "site_name", was: null, value: "Fixed Lab", by: "environment" } },
    { value: { name: "email_smtp_password", secret: true, by: admin.accountId } },
  ]);
  expect(JSON.stringify(await admin.call("admin/settings/list", {}))).not.toContain("secret-93");
});

test("a bad value is refused with the reason, and one that the environment fixes with where it is changed", async () => {
  const { db, hub, admin, settingOf } = await site({ COCALC_SETTING_SITE_NAME: "Fixed Lab" });
  const refused = (name: string, value: string | null) => admin.refused("admin/settings/set", { name, value });
  expect(await refused("default_quotas", "{mem: 1}")).toMatchObject({
    code: "invalid",
    error: expect.stringMatching(/^default_quotas must be a JSON object of numbers/),
  });
  expect((await refused("email_signup", "perhaps")).error).toMatch(/must be yes or no/);
  expect(await refused("site_name", "Other Lab")).toMatchObject({
    code: "conflict",
    error: expect.stringContaining("COCALC_SETTING_SITE_NAME"),
  });
  expect((await refused("site_name", null)).code).toBe("conflict");
  expect((await refused("no_such_setting", "x")).code).toBe("not_found");
  const other = await hub.signedUp();
  expect((await other.refused("admin/settings/list", {})).code).toBe("forbidden");
  expect((await other.refused("admin/settings/set", { name: "dns", value: "x.example" })).code).toBe("forbidden");
  await db.execute("INSERT INTO server_settings (name, value) VALUES ('share_server', 'maybe')");
  expect(await settingOf("share_server")).toMatchObject({ value: "maybe", problem: "must be yes or no" });
  await db.execute("UPDATE remember_me SET proved = NULL");
  expect((await refused("dns", "lab.example")).code).toBe("confirm_password");
  expect(await db.query("SELECT name FROM server_settings ORDER BY name")).toEqual([
    { name: "share_server" },
    { name: "site_name" },
  ]);
});

test("the password of the mail server is not sent to another one that an administrator names", async () => {
  const { db, admin, settingOf } = await site({ COCALC_SETTING_PASSWORD_RESET_SMTP_PASSWORD: "fixed-secret" });
  const set = (name: string, value: string | null) => admin.call("admin/settings/set", { name, value });
  const password = "email_smtp_password";
  for (const [name, value] of [
    ["email_smtp_server", "evil.example"],
    ["email_smtp_port", "2525"],
    ["email_smtp_secure", "no"],
    ["email_smtp_login", "other"],
    ["email_smtp_server", null],
  ] as const) {
    expect(await set(password, "secret-93")).toEqual({ status: "ok", forgotten: null });
    expect(await set(name, value)).toEqual({ status: "ok", forgotten: password });
    expect((await settingOf(password))?.isSet).toBe(false);
  }
  await set(password, "secret-93");
  expect(await set("email_smtp_port", "2525")).toEqual({ status: "ok", forgotten: null }); // it is that already
  expect(await set("email_smtp_from", "lab@example.org")).toEqual({ status: "ok", forgotten: null });
  expect(await set("password_reset_smtp_port", "465")).toMatchObject({ forgotten: null }); // the default, now said
  expect((await settingOf(password))?.isSet).toBe(true);
  expect(
    await admin.refused("admin/settings/set", { name: "password_reset_smtp_server", value: "evil.example" }),
  ).toMatchObject({ code: "conflict", error: expect.stringContaining("COCALC_SETTING_PASSWORD_RESET_SMTP_SERVER") });
  const records = await db.query(
    "SELECT FROM central_log WHERE event = 'setting-changed' AND value = jsonb_build_object('name', $1::text, 'secret', true, 'by', $2::text)",
    [password, admin.accountId],
  );
  expect(records).toHaveLength(11); // set six times, forgotten five times
});

test("a change is seen by another process without anybody's doing, and is on record with what was before", async () => {
  const { life, db, admin, settingOf } = await site();
  const env = { ...databaseEnv(db.config), PORT: "0", HOST: "127.0.0.1", ADMIN_PORT: "0", ADMIN_HOST: "127.0.0.1" };
  const { output } = startCli(life, ["--role=hub-next"], env);
  const line = await until(() =>
    output()
      .stderr.split("\n")
      .find((text) => text.includes('"server":"hub-next"') && text.includes("serving")),
  );
  const origin = `http://127.0.0.1:${JSON.parse(line).port}`;
  const elsewhere = async () => {
    const response = await fetch(`${origin}/api/v2/customize`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: '{"fields":["site_name"]}',
    });
    return ((await response.json()) as { site_name: string }).site_name;
  };
  expect(await elsewhere()).toBe("CoCalc");
  for (const [value, shown] of [
    ["The Lab", "The Lab"],
    ["Our Lab", "Our Lab"],
    [null, "CoCalc"],
  ] as const) {
    await admin.call("admin/settings/set", { name: "site_name", value });
    await until(async () => (await elsewhere()) === shown, { timeoutMs: 10_000 }); // sooner than anybody would read again
  }
  // By SQL it is as good.
  await db.execute("INSERT INTO server_settings (name, value) VALUES ('site_name', 'By hand')");
  await until(async () => (await elsewhere()) === "By hand", { timeoutMs: 10_000 });
  expect(await settingOf("site_name")).toMatchObject({ value: "By hand", isSet: true });
  const recorded = await db.query("SELECT value FROM central_log WHERE event = 'setting-changed' ORDER BY time");
  const by = admin.accountId;
  expect(recorded).toEqual([
    { value: { name: "site_name", was: null, value: "The Lab", by } },
    { value: { name: "site_name", was: "The Lab", value: "Our Lab", by } },
    { value: { name: "site_name", was: "Our Lab", value: null, by } },
  ]);
});
