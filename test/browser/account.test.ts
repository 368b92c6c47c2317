/** One's own account in a real browser: a confirmed address, sessions ended one by one, and a forgotten password, with mails that really arrive. */

import { expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { readConfig } from "../../src/core/config.ts";
import type { Life } from "../../src/core/life.ts";
import { dbConfig } from "../../src/db/config.ts";
import type { Db } from "../../src/db/db.ts";
import { expectAccessible, openPage } from "../helpers/browser.ts";
import { runCli } from "../helpers/cli.ts";
import { testLives } from "../helpers/life.ts";
import { newPerson } from "../helpers/people.ts";
import { openDbOn } from "../helpers/postgres.ts";
import { Person, startProduct } from "../helpers/product.ts";
import { linkIn, openSmtp } from "../helpers/smtp.ts";

const life = testLives();
const PASSWORD = "correct horse battery staples";
const NEW_PASSWORD = "nine loud penguins";

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel("E-mail address").fill("ada@example.org");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("an address is confirmed, a session elsewhere ended, and a forgotten password replaced", async () => {
  const own = life();
  const smtp = await openSmtp(own);
  const { origin } = await startProduct(own, { env: { ...smtp.env, COCALC_SETTING_VERIFY_EMAILS: "yes" } });
  const { page: ada, problems } = await openPage(own);
  await ada.goto(`${origin}/auth/sign-up?next=/app/account`);
  await ada.getByLabel("First name").fill("Ada");
  await ada.getByLabel("Last name").fill("Lovelace");
  await ada.getByLabel("E-mail address").fill("ada@example.org");
  await ada.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await ada.getByRole("button", { name: "Sign up" }).click();
  await ada.getByText("It is not confirmed yet").waitFor();
  await expectAccessible(ada);

  const { page: elsewhere } = await openPage(own, { javaScriptEnabled: false });
  await elsewhere.goto(origin + linkIn(await smtp.mailTo("ada@example.org"), "/auth/verify/"));
  await elsewhere.getByRole("button", { name: "Confirm" }).click();
  await elsewhere.getByText("the address is confirmed").waitFor();
  await ada.getByText("It is confirmed.").waitFor();
  await ada.getByRole("button", { name: "Account of Ada Lovelace" }).click();
  await ada.getByRole("menuitem", { name: "Administration" }).click();
  await ada.getByText("All is well; 0 mails are on the way.").waitFor();
  await expectAccessible(ada);
  await ada.goBack();

  const { page: other } = await openPage(own);
  await other.goto(`${origin}/auth/sign-in`);
  await signIn(other, PASSWORD);
  await other.getByRole("heading", { name: "Projects" }).waitFor();
  await ada.reload();
  const sessions = ada.getByRole("list", { name: "Sessions" });
  await sessions.getByText("this browser").waitFor();
  await sessions.getByRole("button", { name: "End the session of Chrome on Linux" }).click();
  await ada.getByRole("dialog").getByRole("button", { name: "End" }).click();
  await other.waitForURL(/\/auth\/sign-in/, { timeout: 2_000 });

  await other.getByRole("link", { name: "Forgot your password?" }).click();
  await other.getByLabel("E-mail address").fill("ada@example.org");
  await other.getByRole("button", { name: "Send the link" }).click();
  await other.getByRole("heading", { name: "Look into your mail" }).waitFor();
  await elsewhere.goto(origin + linkIn(await smtp.mailTo("ada@example.org"), "/auth/password-reset/"));
  await elsewhere.getByLabel("New password").fill(NEW_PASSWORD);
  await elsewhere.getByRole("button", { name: "Set the password" }).click();
  await ada.waitForURL(/\/auth\/sign-in/, { timeout: 2_000 });
  await elsewhere.getByRole("link", { name: "Sign in with the new password" }).click();
  await signIn(elsewhere, NEW_PASSWORD);
  await elsewhere.waitForURL(`${origin}/app/projects`);
  expect(problems.filter((problem) => !problem.includes("401"))).toEqual([]);
}, 300_000);

/** The database of a product that runs, as an administrator reaches it. */
async function databaseOf(own: Life, dataDir: string): Promise<Db> {
  const { stdout } = await runCli(own, ["local", "env"], { COCALC_DATA: dataDir });
  const exported = [...stdout.matchAll(/^export (\w+)='?([^'\n]*)/gm)].map(([, name = "", value = ""]) => [
    name,
    value,
  ]);
  return openDbOn(own, readConfig(dbConfig, Object.fromEntries(exported)));
}

test("an administrator's session that began long ago is asked for the password before something dangerous, and goes on", async () => {
  const own = life();
  const { origin, dataDir } = await startProduct(own);
  const db = await databaseOf(own, dataDir);
  const { page, problems } = await openPage(own);
  await page.goto(`${origin}/auth/sign-up?next=/app/admin`);
  for (const [label, value] of Object.entries({ "First name": "Ada", "Last name": "L.", "E-mail address": "a@b.org" }))
    await page.getByLabel(label).fill(value);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign up" }).click();
  const bob = await newPerson(db);
  await db.execute("UPDATE remember_me SET proved = NULL");
  const grant = async () => {
    await page.getByLabel("E-mail address of an account").fill(`${bob.accountId}@example.org`);
    await page.getByRole("button", { name: "Make an administrator" }).click();
  };
  await grant();
  const question = page.getByRole("dialog", { name: "Is it you?" });
  await question.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("This takes your password").waitFor();
  await grant();
  await question.getByLabel("Your password").fill("wrong");
  await question.getByRole("button", { name: "Go on" }).click();
  await question.getByText("The current password is wrong.").waitFor();
  await question.getByLabel("Your password").fill(PASSWORD);
  await question.getByRole("button", { name: "Go on" }).click();
  await page.getByText(`${bob.accountId}@example.org is an administrator.`).waitFor();
  const [row] = await db.query("SELECT groups FROM accounts WHERE account_id = $1", [bob.accountId]);
  expect(row).toEqual({ groups: ["admin"] });
  expect(problems).toEqual([]);
}, 300_000);

test("an account is deleted by its password, once the projects that others belong to are handed over", async () => {
  const own = life();
  const { origin } = await startProduct(own);
  const [ada, bob] = [await Person.signUp(origin, "Ada"), await Person.signUp(origin, "Bob")];
  const projectId = await bob.createProject("Course");
  await bob.call("projects/collaborators/add", { project_id: projectId, account_id: ada.accountId });
  const { page, problems } = await openPage(own);
  const [name = "", ...rest] = bob.cookie.split("=");
  await page.context().addCookies([{ name, value: rest.join("="), url: origin }]);
  await page.goto(`${origin}/app/account`);
  const open = page.getByRole("button", { name: "Delete the account …" });
  await page.getByRole("list", { name: "Projects to hand over first" }).getByRole("link", { name: "Course" }).waitFor();
  expect(await open.isDisabled()).toBe(true);
  await expectAccessible(page);
  await page.getByRole("link", { name: "Course" }).click();
  await page.getByRole("combobox", { name: "Role of Ada Tester" }).selectOption("Owner");
  await page.getByText("Ada Tester is now an owner.").waitFor();
  await page.goBack();

  await open.click();
  const question = page.getByRole("dialog", { name: "Delete the account of bob@example.org?" });
  await question.getByLabel("Your password").fill("wrong");
  await question.getByRole("button", { name: "Delete the account" }).click();
  await question.getByText("The current password is wrong.").waitFor();
  await question.getByLabel("Your password").fill("correct horse battery staple");
  await expectAccessible(page);
  await question.getByRole("button", { name: "Delete the account" }).click();
  await page.waitForURL(`${origin}/`);
  await expect(bob.call("projects/get", {})).rejects.toThrow("Sign in");
  const { collaborators } = await ada.call<{ collaborators: { account_id: string; group: string }[] }>(
    "projects/collaborators/list",
    { project_id: projectId },
  );
  expect(collaborators.find(({ account_id }) => account_id === ada.accountId)?.group).toBe("owner");
  expect(problems.filter((problem) => !problem.includes("401"))).toEqual([]);
}, 300_000);
