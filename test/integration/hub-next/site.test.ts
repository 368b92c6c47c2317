import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { grantAdmin, revokeAdmin } from "../../../src/domain/accounts/admin.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { keptLog } from "../../helpers/log.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

test("an administrator is made and unmade by address, at once and on record", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const hub = await startHub(life, db);
  await hub.signedUp();
  const ada = await hub.signedUp();
  const isAdmin = async () => (await ada.call("accounts/profile", {})).profile.is_admin;
  expect(await isAdmin()).toBe(false);
  await grantAdmin(db, ` ${ada.email.toUpperCase()} `);
  await grantAdmin(db, ada.email);
  expect(await isAdmin()).toBe(true);
  expect(await db.query("SELECT groups FROM accounts WHERE account_id = $1", [ada.accountId])).toEqual([
    { groups: ["admin"] },
  ]);
  const other = await hub.signedUp();
  await until(async () => !("code" in ((await ada.try("accounts/ban", { account_id: other.accountId })) as object)), {
    timeoutMs: 10_000,
  });
  await revokeAdmin(db, ada.email);
  await until(
    async () => "code" in ((await ada.try("accounts/remove-ban", { account_id: other.accountId })) as object),
    { timeoutMs: 10_000 },
  );
  await expect(grantAdmin(db, "nobody@example.org")).rejects.toThrow(
    /no account with the e-mail address nobody@example.org/,
  );
  const events = await db.query<{ event: string }>(
    "SELECT event FROM central_log WHERE event LIKE 'admin-%' ORDER BY time",
  );
  expect(events.map(({ event }) => event)).toEqual(["admin-granted", "admin-granted", "admin-revoked"]);
});

test("nobody becomes or remains an administrator by a change that could not be recorded", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const hub = await startHub(life, db);
  const [first, other] = [await hub.signedUp(), await hub.signedUp()];
  await db.execute("ALTER TABLE central_log RENAME TO central_log_away");
  await expect(grantAdmin(db, other.email)).rejects.toThrow(/central_log/);
  await expect(revokeAdmin(db, first.email)).rejects.toThrow(/central_log/);
  const admins = await db.query("SELECT account_id FROM accounts WHERE 'admin' = ANY(groups)");
  expect(admins).toEqual([{ account_id: first.accountId }]);
});

test("the site tells its settings and environments, and takes no image that is not among them", async () => {
  const life = newLife();
  const folder = await temporaryFolder(life);
  const environments = { standard: { title: "Standard", tag: "1", registry: "registry.example.org/project" } };
  await writeFile(join(folder, "software.json"), JSON.stringify({ default: "standard", environments }));
  const hub = await startHub(life, await openTestDb(life), {
    env: { COCALC_SOFTWARE_ENVIRONMENTS: folder, COCALC_SETTING_SITE_NAME: "Lab" },
  });
  await until(() => hub.problem() === undefined);
  const custom = await (await fetch(`${hub.base}/customize`)).json();
  expect(custom).toMatchObject({
    configuration: { site_name: "Lab", email_signup: true },
    registration: false,
    strategies: [],
    software: { default: "standard", environments: { standard: { title: "Standard", hidden: false } } },
  });
  const ada = await hub.signedUp();
  expect(await ada.call("customize", { fields: ["site_name", "constructor"] })).toEqual({ site_name: "Lab" });
  expect((await ada.refused("projects/create", { title: "x", image: "other" })).error).toContain("there are standard");
  await ada.call("projects/create", { title: "x", image: "standard" });
});

test("requests are measured by endpoint, whatever strangers ask for", async () => {
  const life = newLife();
  const hub = await startHub(life, await openTestDb(life));
  await hub.signedUp();
  await Promise.all(Array.from({ length: 30 }, (_, index) => hub.browser().try(`made/up/${index}`, {})));
  const text = await until(async () => {
    const metrics = await hub.metrics.metrics();
    return metrics.includes('_count{role="hub-next",kind="api/v2",status="not_found"} 30') ? metrics : undefined;
  });
  expect(text).toContain(
    'cocalc_http_request_seconds_count{role="hub-next",kind="api/v2/auth/sign-up",status="2xx"} 1',
  );
  expect(text).not.toContain("made");
});

test("who deletes, restores and removes meets the change in the very next call", async () => {
  const life = newLife();
  const hub = await startHub(life, await openTestDb(life));
  await hub.signedUp();
  const owner = await hub.signedUp();
  const { project_id } = await owner.call("projects/create", {});
  await owner.call("projects/touch", { project_id });
  await owner.call("projects/delete", { project_id });
  expect((await owner.refused("projects/touch", { project_id })).code).toBe("forbidden");
  await owner.call("projects/restore", { project_id });
  await owner.call("projects/touch", { project_id });
});

test("older addresses lead into the app and nowhere else", async () => {
  const life = newLife();
  const hub = await startHub(life, await openTestDb(life), { env: { BASE_PATH: "/cocalc" } });
  const to = async (path: string) => (await hub.browser().fetch(path)).headers.get("location");
  expect(await to("/projects")).toBe("/cocalc/app/projects");
  expect(await to("/projects/1/files/a%20b?x=1")).toBe("/cocalc/app/projects/1/files/a%20b?x=1");
  expect(await to("/projects//evil.example")).toBe("/cocalc/app/projects//evil.example");
});

test("every answer to a browser that came by TLS has it come by nothing else", async () => {
  const life = newLife();
  const hub = await startHub(life, await openTestDb(life));
  for (const path of ["/", "/no/such/page", "/customize", "/api/v2/openapi.json", "/api/v2/no/such/endpoint"]) {
    const tls = await fetch(hub.base + path, { headers: { "X-Forwarded-Proto": "https" } });
    expect({ path, told: tls.headers.get("strict-transport-security") }).toEqual({ path, told: "max-age=15552000" });
    expect((await fetch(hub.base + path)).headers.get("strict-transport-security")).toBeNull();
  }
});

test("a hub that was stopped while it started said that it would try again to store its settings", async () => {
  const life = newLife();
  const { log, lines } = keptLog();
  const db = await openTestDb(life);
  await life.stop();
  await startRole(life, "hub-next", { db, log }).catch(() => {}); // nobody awaits it any more
  expect(lines.filter(({ message }) => message.includes("trying again"))).toEqual([]);
});
