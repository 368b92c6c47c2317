/** A real browser for tests: one process per test file, a context of its own for each person. */

import { AxeBuilder } from "@axe-core/playwright";
import { afterAll, expect } from "@jest/globals";
import chromium from "@sparticuz/chromium";
import {
  type Browser,
  type BrowserContextOptions,
  type Locator,
  type Page,
  chromium as playwright,
} from "playwright-core";
import type { Life } from "../../src/core/life.ts";
import type { Person } from "./product.ts";
import { until } from "./until.ts";

let launched: Promise<Browser> | undefined;

/** The browser of this test file. The package's own flags are for a sandbox of functions: they make the browser one process and blind to origins. */
function browser(): Promise<Browser> {
  launched ??= (async () =>
    playwright.launch({
      executablePath: await chromium.executablePath(),
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
      headless: true,
    }))();
  return launched;
}

afterAll(async () => {
  await (await launched)?.close();
});

export interface OpenedPage {
  page: Page;
  /** Errors that the page told its console, or did not catch. */
  problems: string[];
}

/** A page with cookies and storage of its own; closed when the life stops. */
export async function openPage(life: Life, options: BrowserContextOptions = {}): Promise<OpenedPage> {
  const context = await (await browser()).newContext({ viewport: { width: 1280, height: 800 }, ...options });
  life.defer("browser context", () => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(40_000);
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  return { page, problems };
}

/** A page of somebody who is signed in, at an address of the site. */
export async function pageOf(
  life: Life,
  { cookie, origin }: Pick<Person, "cookie" | "origin">,
  address: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const opened = await openPage(life, options);
  const [name = "", ...rest] = cookie.split("=");
  await opened.page.context().addCookies([{ name, value: rest.join("="), url: origin }]);
  await opened.page.goto(address);
  return opened;
}

/** Expects that axe finds nothing on a page, or `within` what a selector finds, by the rules of WCAG 2.2 AA. */
export async function expectAccessible(page: Page, within?: string): Promise<void> {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  await expectNothingFound(axe(page, within).withTags(tags));
}

/** Expects that what a page shows can be told from what is behind it: all that depends on its colours. */
async function expectContrast(page: Page, within?: string): Promise<void> {
  await expectNothingFound(axe(page, within).withRules(["color-contrast"]));
}

function axe(page: Page, within?: string): AxeBuilder {
  const builder = new AxeBuilder({ page: page as never }); // the same library in another version's types
  return within === undefined ? builder : builder.include(within);
}

async function expectNothingFound(asked: AxeBuilder): Promise<void> {
  const { violations } = await asked.analyze();
  const told = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    where: nodes.slice(0, 3).map(({ html }) => html),
  }));
  expect(told).toEqual([]);
}

/** Who works with the keyboard looks where the focus is before typing. */
export async function untilFocused(control: Locator): Promise<void> {
  await control.waitFor();
  await until(() => control.evaluate((element) => element === document.activeElement));
}

/** Presses Tab until a control has the focus, as somebody without a mouse does. */
export async function tabTo(page: Page, control: Locator): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    if (await control.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("Tab never reached the control");
}

/** Is accessible in light and in dark, and no wider than the screen; `within` a part, where the rest was looked at before. */
export async function expectFits(page: Page, place: string, within?: string): Promise<void> {
  await page.emulateMedia({ colorScheme: "dark" });
  await expectContrast(page, within);
  await page.emulateMedia({ colorScheme: "light" });
  await expectAccessible(page, within);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect({ place, wider }).toEqual({ place, wider: 0 });
}
