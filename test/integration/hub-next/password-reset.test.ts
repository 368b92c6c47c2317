/** A new password by mail: what arrives on a real SMTP server is read, and its link followed. */

import { expect, test } from "@jest/globals";
import { PASSWORD, startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { keptLog } from "../../helpers/log.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { linkIn, openSmtp, SMTP_PASSWORD } from "../../helpers/smtp.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();
const NEW_PASSWORD = "nine loud penguins";

async function openSite(env: Record<string, string> = {}) {
  const life = newLife();
  const smtp = await openSmtp(life);
  const { log, lines } = keptLog();
  const hub = await startHub(life, await openTestDb(life), { env: { ...smtp.env, ...env }, log });
  return { hub, smtp, lines };
}

test("a person who forgot their password gets a link by mail, chooses another one by forms alone, and signs in", async () => {
  const { hub, smtp, lines } = await openSite();
  const ada = await hub.signedUp({ email: "ada@example.org" });
  const { response } = await ada.call("api-keys", { action: "create", name: "program" });
  const key = { Authorization: `Bearer ${response[0]?.secret}` };
  const stranger = hub.browser();
  await stranger.call("accounts/profile", {}, key);
  expect(await (await stranger.fetch("/auth/sign-in")).text()).toContain('href="/auth/password-reset"');
  const asked = await stranger.form("/auth/password-reset", { email: " Ada@Example.org" });
  expect([asked.status, asked.headers.get("location")]).toEqual([303, "/auth/password-reset/sent"]);
  const mail = await smtp.mailTo("ada@example.org");
  expect(mail).toMatchObject({ from: "noreply@lab.example", subject: "Choose a new password for The Lab" });
  expect(mail.headers.from).toContain("The Lab");
  expect(mail.html).toContain(`href="https://lab.example/auth/password-reset/`);
  const link = linkIn(mail, "/auth/password-reset/");
  const page = await stranger.fetch(link);
  expect([page.status, page.headers.get("referrer-policy")]).toEqual([200, "strict-origin"]);
  expect(await page.text()).toContain("ada@example.org");
  const bad = await stranger.form(link, { password: "short" });
  expect([bad.status, (await bad.text()).includes("too short")]).toEqual([400, true]);
  const set = await stranger.form(link, { password: NEW_PASSWORD });
  expect([set.status, set.headers.get("location"), stranger.cookie]).toEqual([
    303,
    "/auth/password-reset/done",
    undefined,
  ]);
  expect((await smtp.mailTo("ada@example.org")).subject).toBe("Your password for The Lab was reset");
  // Sessions and keys have ended; the old password is of no more use.
  await until(async () => "code" in ((await ada.try("accounts/profile", {})) as object), { timeoutMs: 10_000 });
  await until(async () => "code" in ((await stranger.try("accounts/profile", {}, key)) as object), {
    timeoutMs: 10_000,
  });
  await stranger.refused("auth/sign-in", { email: "ada@example.org", password: PASSWORD });
  await stranger.call("auth/sign-in", { email: "ada@example.org", password: NEW_PASSWORD });
  // Once means once.
  const again = await hub.browser().fetch(link);
  expect([again.status, (await again.text()).includes("no longer good")]).toEqual([410, true]);
  const token = link.split("/").at(-1) ?? "";
  expect(
    (await stranger.refused("auth/redeem-password-reset", { password: "other words here", passwordResetId: token }))
      .code,
  ).toBe("gone");
  await until(() => lines.filter(({ fields }) => fields.status === 410).length === 1);
  const told = JSON.stringify(lines);
  expect(told).toContain("/auth/password-reset/…");
  for (const secret of [token, SMTP_PASSWORD, NEW_PASSWORD]) expect(told).not.toContain(secret);
});

test("of two who use one link at once one succeeds, and every other link of the account ends", async () => {
  const { hub, smtp } = await openSite();
  const ada = await hub.signedUp({ email: "ada@example.org" });
  const tokens: string[] = [];
  for (let count = 0; count < 2; count += 1) {
    await hub.browser().call("auth/password-reset", { email: ada.email });
    tokens.push(
      linkIn(await smtp.mailTo(ada.email), "/auth/password-reset/")
        .split("/")
        .at(-1) ?? "",
    );
  }
  const redeem = (token = "") =>
    hub.browser().try("auth/redeem-password-reset", { password: NEW_PASSWORD, passwordResetId: token });
  const answers = await Promise.all(Array.from({ length: 5 }, () => redeem(tokens[0])));
  expect(answers.filter((answer) => Reflect.get(Object(answer), "status") === "ok")).toHaveLength(1);
  expect(await redeem(tokens[1])).toMatchObject({ code: "gone" });
  expect(await hub.db.query("SELECT FROM password_reset")).toEqual([]);
});

test("no secret of a link is in the database, and a link ends after an hour", async () => {
  const { hub, smtp } = await openSite();
  const ada = await hub.signedUp({ email: "ada@example.org" });
  await hub.browser().call("auth/password-reset", { email: ada.email });
  const link = linkIn(await smtp.mailTo(ada.email), "/auth/password-reset/");
  const rows = await hub.db.query<{ expire: Date }>("SELECT * FROM password_reset");
  expect(JSON.stringify(rows)).not.toContain(link.split("/").at(-1));
  const minutes = ((rows[0]?.expire.getTime() ?? 0) - Date.now()) / 60_000;
  expect(Math.round(minutes)).toBe(60);
  await hub.db.execute("UPDATE password_reset SET expire = now() AT TIME ZONE 'UTC'");
  expect((await hub.browser().fetch(link)).status).toBe(410);
});

test("an address without an account is answered alike, from the same work, and no mail goes there", async () => {
  const { hub, smtp } = await openSite();
  const ada = await hub.signedUp({ email: "ada@example.org" });
  const known = await hub.browser().form("/auth/password-reset", { email: ada.email });
  const unknown = await hub.browser().form("/auth/password-reset", { email: "nobody@example.org" });
  for (const name of ["location", "set-cookie", "cache-control", "content-length"])
    expect({ name, value: unknown.headers.get(name) }).toEqual({ name, value: known.headers.get(name) });
  expect(unknown.status).toBe(known.status);
  expect(await hub.browser().call("auth/password-reset", { email: "nobody@example.org" })).toEqual(
    await hub.browser().call("auth/password-reset", { email: ada.email }),
  );
  await smtp.mailTo(ada.email);
  await smtp.mailTo(ada.email);
  await until(async () => (await hub.db.query("SELECT FROM outgoing_mail")).length === 0);
  expect(smtp.mails.filter(({ to }) => to !== ada.email)).toEqual([]);
  expect(await hub.metrics.metrics()).toMatch(/cocalc_mail_attempts_total{kind="password_reset",outcome="nobody"} 2/);
  const attempts = await hub.db.query("SELECT email_address, ip_address FROM password_reset_attempts ORDER BY time");
  expect(attempts).toHaveLength(4);
});

test("the answer does not wait for a mail server that is slow or away", async () => {
  const { hub, smtp } = await openSite();
  const ada = await hub.signedUp({ email: "ada@example.org" });
  const { promise, resolve } = Promise.withResolvers<void>();
  smtp.slow = promise;
  await hub.browser().call("auth/password-reset", { email: ada.email });
  await until(async () => (await hub.db.query("SELECT FROM outgoing_mail WHERE attempts = 1")).length === 1);
  expect(smtp.mails).toEqual([]);
  resolve();
  await smtp.mailTo(ada.email);
});

test("a class that asks at once does not use up the connections of the database, each holding one and waiting for another", async () => {
  const { hub } = await openSite();
  const asks = Array.from({ length: 60 }, (_, index) =>
    hub.browser().call("auth/password-reset", { email: `student-${index}@example.org` }),
  );
  expect(await Promise.all(asks)).toHaveLength(60);
  await until(async () => (await hub.db.query("SELECT FROM outgoing_mail")).length === 0);
});

test("nobody's mailbox is filled: a sixth link within an hour is refused, whether or not there is an account", async () => {
  const { hub } = await openSite();
  const ada = await hub.signedUp({ email: "ada@example.org" });
  for (const email of [ada.email, "nobody@example.org"]) {
    for (let count = 0; count < 5; count += 1) await hub.browser().call("auth/password-reset", { email });
    expect((await hub.browser().refused("auth/password-reset", { email })).code).toBe("rate_limited");
    const page = await hub.browser().form("/auth/password-reset", { email });
    expect([page.status, (await page.text()).includes("Try again in")]).toEqual([429, true]);
  }
});

test("banned and deleted accounts get no link, and one sent before is of no use to them", async () => {
  const { hub, smtp } = await openSite();
  const admin = await hub.signedUp();
  const ada = await hub.signedUp({ email: "ada@example.org" });
  await hub.browser().call("auth/password-reset", { email: ada.email });
  const link = linkIn(await smtp.mailTo(ada.email), "/auth/password-reset/");
  await admin.call("accounts/ban", { account_id: ada.accountId });
  expect((await hub.browser().fetch(link)).status).toBe(410);
  await hub.browser().call("auth/password-reset", { email: ada.email });
  await until(async () => (await hub.db.query("SELECT FROM outgoing_mail")).length === 0);
  expect(smtp.mails).toHaveLength(1);
});

test("a link does not follow an address to another account, and changing the address ends it", async () => {
  const { hub, smtp } = await openSite();
  const ada = await hub.signedUp({ email: "ada@example.org" });
  await hub.browser().call("auth/password-reset", { email: ada.email });
  const link = linkIn(await smtp.mailTo("ada@example.org"), "/auth/password-reset/");
  await ada.call("accounts/set-email-address", { email_address: "lovelace@example.org", password: PASSWORD });
  expect((await smtp.mailTo("ada@example.org")).subject).toBe("Your e-mail address for The Lab was changed");
  await hub.signedUp({ email: "ada@example.org" });
  expect((await hub.browser().fetch(link)).status).toBe(410);
});

test("the link leads to the site that is configured, whatever Host the request named", async () => {
  const { hub, smtp } = await openSite({ BASE_PATH: "/cocalc", COCALC_ORIGIN: "https://cocalc.example.org" });
  const headers = { "X-Forwarded-Host": "evil.example", Origin: "https://cocalc.example.org" };
  const wish = { email: "ada@example.org", password: PASSWORD, firstName: "Ada", lastName: "Lovelace" };
  await hub.browser().call("auth/sign-up", wish, headers);
  await hub.browser().call("auth/password-reset", { email: wish.email }, headers);
  const { text } = await smtp.mailTo(wish.email);
  expect(text).toMatch(/^https:\/\/cocalc\.example\.org\/cocalc\/auth\/password-reset\/[\w-]{43}$/m);
  expect(text).not.toContain("evil");
});

test("a site without mail says so, and whom to ask", async () => {
  for (const env of [{}, { COCALC_SETTING_EMAIL_ENABLED: "yes", COCALC_SETTING_EMAIL_BACKEND: "smtp" }]) {
    const life = newLife();
    const help = { COCALC_SETTING_HELP_EMAIL: "help@lab.example" };
    const hub = await startHub(life, await openTestDb(life), { env: { ...help, ...env } });
    const page = await (await hub.browser().fetch("/auth/password-reset")).text();
    expect(page).toMatch(/sends no e-mail.*mailto:help@lab\.example/);
    expect(page).not.toContain("<form");
    const refused = await hub.browser().refused("auth/password-reset", { email: "ada@example.org" });
    expect(refused).toMatchObject({ code: "precondition_failed", error: expect.stringContaining("sends no e-mail") });
    expect(await hub.db.query("SELECT FROM outgoing_mail")).toEqual([]);
  }
});
