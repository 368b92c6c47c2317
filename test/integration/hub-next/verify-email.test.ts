/** Verifying an e-mail address: the link that arrives on a real SMTP server is followed. */

import { expect, test } from "@jest/globals";
import { PASSWORD, startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { keptLog } from "../../helpers/log.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { linkIn, openSmtp } from "../../helpers/smtp.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

async function openSite(env: Record<string, string> = { COCALC_SETTING_VERIFY_EMAILS: "yes" }) {
  const life = newLife();
  const smtp = await openSmtp(life);
  const { log, lines } = keptLog();
  const hub = await startHub(life, await openTestDb(life), { env: { ...smtp.env, ...env }, log });
  await until(() => hub.problem() === undefined);
  return { hub, smtp, lines };
}

test("who signs up is sent a link, and the address is verified by a button behind it, not by the visit", async () => {
  const { hub, smtp, lines } = await openSite();
  const ada = await hub.signedUp({ email: "ada@example.org" });
  const verified = async () => (await ada.call("accounts/profile", {})).profile.email_address_verified;
  expect(await verified()).toBe(false);
  const mail = await smtp.mailTo("ada@example.org");
  expect(mail.subject).toBe("Confirm your e-mail address for The Lab");
  const link = linkIn(mail, "/auth/verify/");
  const stranger = hub.browser();
  const page = await stranger.fetch(link);
  expect([page.status, page.headers.get("referrer-policy")]).toEqual([200, "strict-origin"]);
  expect(await page.text()).toContain("ada@example.org");
  expect(await verified()).toBe(false);
  const confirmed = await stranger.form(link, { email: "ada@example.org" });
  expect([confirmed.status, confirmed.headers.get("location")]).toEqual([303, "/auth/verify/done"]);
  expect(await verified()).toBe(true);
  const [account] = await hub.db.query("SELECT email_address_verified, email_address_challenge FROM accounts");
  expect(account).toEqual({
    email_address_verified: { "ada@example.org": expect.any(String) },
    email_address_challenge: null,
  });
  expect((await stranger.form(link, { email: "ada@example.org" })).status).toBe(410);
  const token = /verify\/([\w-]+)/.exec(link)?.[1] ?? "";
  await until(() => JSON.stringify(lines).includes("/auth/verify/…"));
  expect(JSON.stringify(lines)).not.toContain(token);
});

test("a link sent again ends the one before, is kept as a hash, ends after three days, and is for its own address", async () => {
  const { hub, smtp } = await openSite();
  const ada = await hub.signedUp({ email: "ada@example.org" });
  const tokenOf = async () => /verify\/([\w-]+)/.exec(linkIn(await smtp.mailTo(ada.email), "/auth/verify/"))?.[1] ?? "";
  const first = await tokenOf();
  await ada.call("accounts/send-verification-email", {});
  const second = await tokenOf();
  const redeem = (token: string, email = ada.email) =>
    hub.browser().try("auth/redeem-verify-email", { email_address: email, token });
  expect(JSON.stringify(await hub.db.query("SELECT email_address_challenge FROM accounts"))).not.toContain(second);
  expect(await redeem(first)).toMatchObject({ code: "gone" });
  expect(await redeem(second, "grace@example.org")).toMatchObject({ code: "gone" });
  const age = (days: number) =>
    hub.db.execute(
      "UPDATE accounts SET email_address_challenge = email_address_challenge || jsonb_build_object('time', now() - make_interval(days => $1))",
      [days],
    );
  await age(4);
  expect(await redeem(second)).toMatchObject({ code: "gone" });
  await age(1);
  expect(await redeem(second)).toEqual({ status: "ok" });
  expect((await ada.refused("accounts/send-verification-email", {})).code).toBe("conflict");
});

test("a new address is verified anew, the old one is told, and nobody fills the mailbox of others with such mails", async () => {
  const { hub, smtp } = await openSite();
  const ada = await hub.signedUp({ email: "ada@example.org" });
  const move = (email_address: string) => ({ email_address, password: PASSWORD });
  await smtp.mailTo("ada@example.org");
  await ada.call("accounts/set-email-address", move("lovelace@example.org"));
  expect((await smtp.mailTo("lovelace@example.org")).subject).toContain("Confirm");
  expect((await smtp.mailTo("ada@example.org")).subject).toBe("Your e-mail address for The Lab was changed");
  expect((await ada.call("accounts/profile", {})).profile).toMatchObject({
    email_address: "lovelace@example.org",
    email_address_verified: false,
  });
  for (let count = 0; count < 4; count += 1) await ada.call("accounts/send-verification-email", {});
  expect((await ada.refused("accounts/send-verification-email", {})).code).toBe("rate_limited");
  for (let count = 0; count < 5; count += 1) await ada.try("accounts/set-email-address", move(`a${count}@example.org`));
  expect((await ada.refused("accounts/set-email-address", move("victim@example.org"))).code).toBe("rate_limited");
});

test("an address that was set again, as it was, spoiled the link on its way there", async () => {
  const { hub, smtp } = await openSite();
  const ada = await hub.signedUp({ email: "ada@example.org" });
  const link = linkIn(await smtp.mailTo(ada.email), "/auth/verify/");
  await ada.call("accounts/set-email-address", { email_address: ada.email, password: PASSWORD });
  expect((await hub.browser().form(link, { email: ada.email })).status).toBe(303);
});

test("an invitation waits until the invited address is verified, where addresses are", async () => {
  const { hub, smtp } = await openSite();
  const owner = await hub.signedUp();
  const { project_id } = await owner.call("projects/create", { title: "Shared" });
  await owner.call("projects/collaborators/add", { project_id, email_address: "ada@example.org" });
  const ada = await hub.signedUp({ email: "ada@example.org" });
  expect((await ada.call("projects/get", {})).projects).toEqual([]);
  // Who holds an address that is not verified is not added by it either: it may be somebody else's.
  await owner.call("projects/collaborators/add", { project_id, email_address: "ada@example.org" });
  expect((await ada.call("projects/get", {})).projects).toEqual([]);
  const link = linkIn(await smtp.mailTo("ada@example.org"), "/auth/verify/");
  await hub.browser().form(link, { email: "ada@example.org" });
  expect((await ada.call("projects/get", {})).projects).toMatchObject([{ project_id }]);
});

test("an owner who verified an address that a collaborator had invited became a collaborator", async () => {
  const { hub, smtp } = await openSite();
  const owner = await hub.signedUp({ email: "owner@example.org" });
  const collaborator = await hub.signedUp();
  const { project_id } = await owner.call("projects/create", { title: "Shared" });
  await owner.call("projects/collaborators/add", { project_id, account_id: collaborator.accountId });
  await collaborator.call("projects/collaborators/add", { project_id, email_address: owner.email });
  const link = linkIn(await smtp.mailTo(owner.email), "/auth/verify/");
  expect((await hub.browser().form(link, { email: owner.email })).status).toBe(303);
  const { collaborators, invited } = await owner.call("projects/collaborators/list", { project_id });
  expect(collaborators).toMatchObject([{ account_id: owner.accountId, group: "owner" }, { group: "collaborator" }]);
  expect(invited).toEqual([]);
  const { log } = await owner.call("projects/log", { project_id });
  expect(log.map(({ event }) => event.event)).toEqual(["invite_nonuser", "invite_user", "project_created"]);
});

test("a site that does not verify sends nothing, and says so when asked", async () => {
  const { hub, smtp } = await openSite({});
  const ada = await hub.signedUp({ email: "ada@example.org" });
  expect((await ada.refused("accounts/send-verification-email", {})).code).toBe("precondition_failed");
  await ada.call("accounts/set-password", { currentPassword: PASSWORD, newPassword: "nine loud penguins" });
  expect((await smtp.mailTo("ada@example.org")).subject).toBe("Your password for The Lab was changed");
  expect(smtp.mails).toHaveLength(1);
});
