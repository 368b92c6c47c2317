/** The product below a path of its site (BASE_PATH): pages, app, sockets of the hub and of a project, in a real browser. */

import { expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { freePort } from "../../src/net/serve/free-port.ts";
import { openPage } from "../helpers/browser.ts";
import { testLives } from "../helpers/life.ts";
import { startProduct } from "../helpers/product.ts";
import { until } from "../helpers/until.ts";

const life = testLives();

test("everything stays below the base path: sign up, create, start, a terminal, a reload", async () => {
  const own = life();
  const product = await startProduct(own, { env: { BASE_PATH: "/cocalc" } });
  expect(product.process.output().stdout).toContain(`CoCalc is at ${product.origin}/cocalc\n`);
  const { page, problems } = await openPage(own);
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    const { origin, pathname } = new URL(request.url());
    if (origin === product.origin && !pathname.startsWith("/cocalc")) elsewhere.push(pathname);
  });
  await page.goto(`${product.origin}/cocalc`);
  await page.getByRole("link", { name: "Sign up" }).first().click();
  await page.getByLabel("First name").fill("Ada");
  await page.getByLabel("Last name").fill("Tester");
  await page.getByLabel("E-mail address").fill("ada@example.org");
  await page.getByLabel("Password", { exact: true }).fill("correct horse battery staple");
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.getByLabel("Name of a new project").fill("Essay");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("button", { name: "Start project" }).click();
  await page.getByRole("table", { name: "Files" }).waitFor({ timeout: 60_000 });
  await page.getByRole("link", { name: "Terminal" }).click();
  await page.getByRole("textbox", { name: "Terminal main" }).waitFor();
  const terminalText = () => page.locator(".xterm-rows").innerText();
  await until(async () => /[$#]/.test(await terminalText()));
  await page.keyboard.type("echo below-$((6 * 7))\n");
  await until(async () => (await terminalText()).includes("below-42"));
  const port = await freePort(); // another program of this machine may have taken any port for all addresses
  await page.keyboard.type(
    `node -e 'require("http").createServer((q, s) => s.end("asked for " + q.url)).listen(${port}, process.env.COCALC_POD_IP)' &\n`,
  );
  await page.getByRole("button", { name: "More about this terminal" }).click();
  await page.getByRole("menuitem", { name: "Open a web server" }).click();
  await page.getByLabel("Port it listens on").fill(String(port));
  const [opened] = await Promise.all([page.context().waitForEvent("page"), page.keyboard.press("Enter")]);
  await until(async () => {
    if ((await opened.locator("body").innerText()).includes("asked for /")) return true;
    await opened.reload(); // the server may not listen yet
    return false;
  });
  expect(new URL(opened.url()).hostname).toMatch(/^[0-9a-f-]{36}\.localhost$/);
  await opened.close();
  await page.reload();
  await until(async () => (await terminalText()).includes("below-42"), { timeoutMs: 20_000 });
  expect(elsewhere).toEqual([]);
  expect(problems).toEqual([]);
  expect(await runOfProject(page)).toBe("script-src-elem");
}, 300_000);

/** Which rule of the app's page refuses a script out of the project that it shows; "ran" when none does. */
function runOfProject(page: Page): Promise<string> {
  return page.evaluate(() => {
    const [, id = ""] = /projects\/([0-9a-f-]{36})/.exec(location.pathname) ?? [];
    const script = document.createElement("script");
    script.src = `/cocalc/${id}/raw/a.js`;
    return new Promise<string>((resolve) => {
      document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
      script.addEventListener("load", () => resolve("ran"));
      document.head.append(script);
    });
  });
}
