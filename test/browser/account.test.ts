/** One's own account in a real browser: a confirmed address, sessions ended one by one, and a forgotten password, with mails that really arrive. */

import { expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { expectAccessible, openPage } from "../helpers/browser.ts";
import { testLives } from "../helpers/life.ts";
import { startProduct } from "../helpers/product.ts";
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
  await ada.getByText("All is well; 0 mails are on the way.").waitFor();
  await expectAccessible(ada);

  const { page: elsewhere } = await openPage(own, { javaScriptEnabled: false });
  await elsewhere.goto(origin + linkIn(await smtp.mailTo("ada@example.org"), "/auth/verify/"));
  await elsewhere.getByRole("button", { name: "Confirm" }).click();
  await elsewhere.getByText("the address is confirmed").waitFor();
  await ada.getByText("It is confirmed.").waitFor();

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
}, 120_000);
