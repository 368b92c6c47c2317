import { expect, test } from "@jest/globals";
import { createApiKey } from "../../../src/domain/access/api-keys.ts";
import { endpoints } from "../../../src/protocol/api-v2-table.ts";
import { type Browser, PASSWORD, startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

async function openSite() {
  const life = newLife();
  const db = await openTestDb(life);
  const hub = await startHub(life, db);
  const admin = await hub.signedUp(); // the first account
  const other = await hub.signedUp();
  const { project_id: projectId } = await other.call("projects/create", { title: "Theirs" });
  /** As if it were long ago that somebody signed in. */
  const forgetProofs = () => db.execute("UPDATE remember_me SET proved = proved - interval '11 minutes'");
  return { hub, db, admin, other, projectId, forgetProofs };
}

/** All that is dangerous, by endpoint. */
const dangerous = (other: { accountId: string; email: string }, project_id: string) => ({
  "admin/grant": { email_address: other.email },
  "admin/revoke": { email_address: other.email },
  "admin/force-stop": { project_id },
  "admin/hand-over": { project_id, email_address: other.email },
  "accounts/ban": { account_id: other.accountId },
  "accounts/remove-ban": { account_id: other.accountId },
  "accounts/delete": { account_id: other.accountId },
  "admin/settings/set": { name: "site_name", value: "Mine" },
  "projects/delete": { project_id },
  "projects/restore": { project_id },
  "projects/collaborators/change-user-type": { project_id, target_account_id: other.accountId, new_group: "viewer" },
});

const codeOf = async (browser: Browser, path: string, body: unknown, headers = {}) =>
  Reflect.get(Object(await browser.try(path, body, headers)), "code");

test("an administrator's browser that was left open did everything dangerous without a password", async () => {
  const { hub, db, admin, other, projectId, forgetProofs } = await openSite();
  await forgetProofs();
  const acts = Object.entries(dangerous(other, projectId));
  for (const [path, body] of acts)
    expect({ path, code: await codeOf(admin, path, body) }).toEqual({ path, code: "confirm_password" });
  const { secret } = await createApiKey(db, { accountId: admin.accountId, name: "key", actsAsAdmin: true });
  const headers = { Authorization: `Bearer ${secret}` };
  for (const [path, body] of acts)
    expect({ path, code: await codeOf(hub.browser(), path, body, headers) }).toEqual({ path, code: "forbidden" });
  expect(await db.query("SELECT FROM central_log WHERE value ->> 'by' = $1", [admin.accountId])).toEqual([]);
});

test("every endpoint that asks for a confirmed password is among those that are tried", () => {
  const tried = Object.keys(dangerous({ accountId: "", email: "" }, ""));
  const confirmed = Object.entries(endpoints).filter(([, endpoint]) => "confirmed" in endpoint);
  for (const [path] of confirmed) expect(tried).toContain(path);
});

test("the password confirmed, what is dangerous goes on for a while, in this session alone, and says who did it", async () => {
  const { hub, db, admin, other, forgetProofs } = await openSite();
  const elsewhere = hub.browser();
  await elsewhere.call("auth/sign-in", { email: admin.email, password: PASSWORD });
  await forgetProofs();
  expect(await codeOf(admin, "accounts/confirm-password", { password: "wrong" })).toBe("forbidden");
  const grant = { email_address: other.email };
  expect(await codeOf(admin, "admin/grant", grant)).toBe("confirm_password");
  await admin.call("accounts/confirm-password", { password: PASSWORD });
  await admin.call("admin/grant", grant);
  expect(await codeOf(elsewhere, "admin/grant", grant)).toBe("confirm_password");
  const rows = await db.query("SELECT value FROM central_log WHERE event = 'admin-granted'");
  expect(rows.at(-1)).toEqual({ value: { account_id: other.accountId, by: admin.accountId } });
  await forgetProofs();
  expect(await codeOf(admin, "admin/grant", grant)).toBe("confirm_password");
});

test("who has just signed in is not asked again, and guessing the password is limited", async () => {
  const { admin, other } = await openSite();
  await admin.call("accounts/ban", { account_id: other.accountId });
  const guesses = Array.from({ length: 12 }, (_, index) =>
    codeOf(admin, "accounts/confirm-password", { password: `guess ${index}` }),
  );
  expect(await Promise.all(guesses)).toContain("rate_limited");
});

test("an administrator's browser that was left open made keys that open every project, without a password", async () => {
  const { admin, other, projectId, forgetProofs } = await openSite();
  const made = await admin.call("api-keys", { action: "create" });
  const [key] = made.response as { id: number }[];
  await forgetProofs();
  const lives = { id: key?.id, expire: null };
  for (const body of [
    { action: "create" },
    { action: "create", project_id: projectId },
    { action: "edit", ...lives },
  ]) {
    expect({ body, code: await codeOf(admin, "api-keys", body) }).toEqual({ body, code: "confirm_password" });
  }
  await admin.call("api-keys", { action: "get" });
  await admin.call("api-keys", { action: "edit", id: key?.id, name: "renamed" });
  await admin.call("api-keys", { action: "delete", id: key?.id });
  await other.call("api-keys", { action: "create" }); // theirs opens what they belong to
});

test("granting somebody an administrator's rights made administrators of the keys that they had given to programs", async () => {
  const { hub, db, admin, other } = await openSite();
  const { project_id: projectId } = await admin.call("projects/create", { title: "Not theirs" });
  type Key = { id: number; secret: string; acts_as_admin: boolean };
  const newKey = async () => ((await other.call("api-keys", { action: "create" })).response as Key[])[0] as Key;
  const opens = async ({ secret }: Key) =>
    (await codeOf(
      hub.browser(),
      "projects/get-one",
      { project_id: projectId },
      { Authorization: `Bearer ${secret}` },
    )) === undefined;
  const before = await newKey();
  await admin.call("admin/grant", { email_address: other.email });
  await until(async () => (await codeOf(other, "projects/get-one", { project_id: projectId })) === undefined);
  const made = await newKey();
  expect([before.acts_as_admin, made.acts_as_admin]).toEqual([false, true]);
  expect([await opens(before), await opens(made)]).toEqual([false, true]);
  // Nor do keys of an earlier time as an administrator, by whatever way it ended and came back.
  const group = (groups: string[]) =>
    db.execute("UPDATE accounts SET groups = $2 WHERE account_id = $1", [other.accountId, groups]);
  await group([]);
  await group(["admin"]);
  await until(async () => !(await opens(made)));
  const { response } = await other.call("api-keys", { action: "get" });
  expect((response as Key[]).map(({ acts_as_admin }) => acts_as_admin)).toEqual([false, false]);
});

test("the last administrator does not lose their rights by a slip", async () => {
  const { admin } = await openSite();
  expect(await codeOf(admin, "admin/revoke", { email_address: admin.email })).toBe("conflict");
});

test("a project whose sole owner was deleted is handed over to somebody, and one that has an owner is not", async () => {
  const { hub, db, admin, other, projectId } = await openSite();
  const ada = await hub.signedUp();
  const to = { project_id: projectId, email_address: ` ${ada.email.toUpperCase()}` };
  expect(await codeOf(ada, "admin/hand-over", to)).toBe("forbidden");
  expect(await codeOf(admin, "admin/hand-over", to)).toBe("conflict");
  await admin.call("accounts/delete", { account_id: other.accountId });
  await admin.call("admin/hand-over", to);
  const { collaborators } = await ada.call("projects/collaborators/list", { project_id: projectId });
  expect(collaborators).toMatchObject([{ account_id: ada.accountId, group: "owner" }]);
  const [row] = await db.query("SELECT value FROM central_log WHERE event = 'project-handed-over'");
  expect(row).toEqual({ value: { project_id: projectId, account_id: ada.accountId, by: admin.accountId } });
  expect(await codeOf(admin, "admin/hand-over", { ...to, email_address: "nobody@example.org" })).toBe("not_found");
});
