import { AxeBuilder } from "@axe-core/playwright";
import { expect, test } from "@jest/globals";
import chromium from "@sparticuz/chromium";
import { type Browser, type BrowserContextOptions, type Page, chromium as playwright } from "playwright-core";
import type { Life } from "../../../src/core/life.ts";
import { newResetFor } from "../../../src/domain/accounts/password-reset.ts";
import { PASSWORD, startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { openSmtp } from "../../helpers/smtp.ts";

const newLife = testLives();
const env = {
  COCALC_SETTING_TERMS_OF_SERVICE: "Be kind.\n\nAlways.",
  COCALC_SETTING_ORGANIZATION_NAME: "Example University",
};

async function openBrowser(life: Life): Promise<Browser> {
  const executablePath = await chromium.executablePath();
  const browser = await playwright.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"], headless: true });
  life.defer("browser", () => browser.close());
  return browser;
}

async function openPage(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  page.setDefaultTimeout(20_000);
  return page;
}

test("a real browser without script signs up, out and in, by keyboard alone", async () => {
  const life = newLife();
  const hub = await startHub(life, await openTestDb(life), { env });
  const page = await openPage(await openBrowser(life), {
    javaScriptEnabled: false,
    viewport: { width: 360, height: 740 },
  });
  await page.goto(`${hub.origin}/auth/sign-up?next=${encodeURIComponent("/info?from=sign-up")}`);
  for (const text of ["Ada", "Lovelace", "ada@example.org", PASSWORD]) {
    await page.keyboard.type(text);
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Space");
  await page.getByLabel("Password").press("Enter");
  await page.waitForURL(`${hub.origin}/info?from=sign-up`);
  await page.getByRole("link", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.waitForURL(`${hub.origin}/`);
  await page.getByRole("navigation").getByRole("link", { name: "Sign in" }).click();
  await page.getByLabel("E-mail address").fill("ada@example.org");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  expect(await page.getByRole("alert").textContent()).toContain("is wrong");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${hub.origin}/app/projects`);
});

test("axe finds nothing on the pages, nothing is wider than the screen, and nothing is refused by the policy", async () => {
  const life = newLife();
  const smtp = await openSmtp(life);
  const hub = await startHub(life, await openTestDb(life), { env: { ...smtp.env, ...env } });
  const { email } = await hub.signedUp({ terms: true });
  const token = (await newResetFor(hub.db, email))?.token;
  const browser = await openBrowser(life);
  const complaints: string[] = [];
  for (const options of [
    { viewport: { width: 1280, height: 800 }, colorScheme: "light" },
    { viewport: { width: 360, height: 740 }, colorScheme: "dark" },
  ] as const) {
    const page = await openPage(browser, options);
    page.on("console", (message) => complaints.push(message.text()));
    const paths = ["/", "/auth/sign-up", "/auth/sign-in", "/info", "/policies/terms", "/auth/password-reset/sent"];
    for (const path of [
      ...paths,
      "/auth/password-reset",
      `/auth/password-reset/${token}`,
      "/auth/verify/x?email=a@b.c",
    ]) {
      await page.goto(hub.origin + path);
      const { violations } = await new AxeBuilder({ page }).analyze();
      complaints.push(...violations.map(({ id, nodes }) => `${path} ${options.colorScheme}: ${id} ${nodes[0]?.html}`));
      const width = await page.evaluate("document.documentElement.scrollWidth");
      if (Number(width) > options.viewport.width) complaints.push(`${path} is ${width} px wide`);
    }
  }
  expect(complaints).toEqual([]);
});
