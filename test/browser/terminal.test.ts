/** Terminals and tabs in a real browser: what is typed and what is not, keys, copying, touch, new terminals, closing tabs. */

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { BrowserContextOptions, Page } from "playwright-core";
import { Life } from "../../src/core/life.ts";
import { expectAccessible, openPage } from "../helpers/browser.ts";
import { testLives } from "../helpers/life.ts";
import { Person, type Product, startProduct } from "../helpers/product.ts";
import { until } from "../helpers/until.ts";

const life = testLives();
const TEST_MS = 180_000;

/** One product and one running project for all of them. */
const whole = new Life("product");
let product: Product;
let ada: Person;
let projectId = "";
beforeAll(async () => {
  product = await startProduct(whole);
  ada = await Person.signUp(product.origin, "Ada");
}, 300_000);
afterAll(async () => {
  expect(await whole.stop({ deadlineMs: 30_000 })).toEqual([]);
}, 300_000);

const rows = async (page: Page) => (await page.locator(".xterm-rows").innerText()).replaceAll("\u00a0", " ");
const shows = (page: Page, text: string) => until(async () => (await rows(page)).includes(text));
const tabs = (page: Page) => page.getByRole("navigation", { name: "Open files and terminals" });
const tabNames = (page: Page) => tabs(page).getByRole("link").allInnerTexts();

async function openAs(options: BrowserContextOptions = {}): Promise<{ page: Page; problems: string[] }> {
  const opened = await openPage(life(), options);
  const [name = "", ...rest] = ada.cookie.split(";")[0]?.split("=") ?? [];
  await opened.page.context().addCookies([{ name, value: rest.join("="), url: product.origin }]);
  if (projectId === "") {
    await opened.page.goto(`${product.origin}/app/projects`);
    await opened.page.getByLabel("Name of a new project").fill("Shell");
    await opened.page.getByRole("button", { name: "Create" }).click();
    await opened.page.getByRole("button", { name: "Start project" }).click();
    await opened.page.getByRole("table", { name: "Files" }).waitFor({ timeout: 60_000 });
    projectId = /projects\/([^/]+)/.exec(opened.page.url())?.[1] ?? "";
  }
  return opened;
}

async function openTerminal(page: Page, name: string): Promise<void> {
  await page.goto(`${product.origin}/app/projects/${projectId}/terminal/${name}`);
  await page.getByRole("textbox", { name: `Terminal ${name}` }).waitFor();
  await until(async () => /[$#]/.test(await rows(page)));
}

test(
  "nothing is typed into the shell by a page that is opened or reloaded, whatever programs asked before",
  async () => {
    const { page, problems } = await openAs();
    await openTerminal(page, "asked");
    await page.keyboard.type("PS1='ready> '; clear\n");
    await shows(page, "ready>");
    const queries = "\\e[c\\e[6n\\e[5n\\e]11;?\\a\\e[?1004h\\e]10;?\\a";
    const takeAnswers = "read -t 1 -n 1000 -d '' heard; stty echo";
    await page.keyboard.type(
      `stty -echo\nprintf '${queries}'; ${takeAnswers}; printf '\\e[?1004l'; echo \${#heard} set''tled\n`,
    );
    await shows(page, "settled");
    for (let reloads = 0; reloads < 2; reloads += 1) {
      await page.reload();
      await shows(page, "settled");
      await page.getByRole("textbox", { name: "Terminal asked" }).focus();
    }
    await page.keyboard.type(`echo on''ly-this-$((${"6 * 7"}))\n`);
    await shows(page, "only-this-42");
    expect(await rows(page)).not.toMatch(/\[\d+;\d+R|rgb:|\[\?1;2c/);
    expect(problems).toEqual([]);
  },
  TEST_MS,
);

test(
  "Ctrl+K is the shell's, Ctrl+Shift+K opens the palette, and Ctrl+V reaches the program",
  async () => {
    const { page } = await openAs();
    await openTerminal(page, "keys");
    await page.getByRole("button", { name: "Search actions and files (Ctrl+Shift+K)" }).waitFor();
    await page.keyboard.type("echo kept-$((20 + 3)) lost");
    for (let presses = 0; presses < 5; presses += 1) await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Control+k");
    await page.keyboard.press("Enter");
    await shows(page, "kept-23");
    expect(await rows(page)).not.toContain("kept-23 lost");
    await page.keyboard.press("Control+Shift+K");
    await page.getByRole("textbox", { name: "Search actions and files" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.type("cat -v\n");
    await page.keyboard.press("Control+v");
    await page.keyboard.press("Control+v");
    await page.keyboard.press("Control+v");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
    await shows(page, "^V^[");
    await page.keyboard.press("Control+c");
    await page.getByRole("link", { name: "Files" }).click();
    await page.getByRole("button", { name: "Search actions and files (Ctrl+K)" }).waitFor();
  },
  TEST_MS,
);

test(
  "what is selected is copied also where a page has no clipboard, as by plain HTTP",
  async () => {
    const { page } = await openAs();
    await page.addInitScript(() => {
      Object.defineProperty(navigator, "clipboard", { value: undefined });
      document.addEventListener("copy", () => {
        document.body.dataset.copied = (document.activeElement as HTMLTextAreaElement).value;
      });
    });
    await openTerminal(page, "copies");
    await page.keyboard.type("clear; echo cop''ied-word\n");
    await shows(page, "copied-word");
    const row = page.locator(".xterm-rows > div").filter({ hasText: /^copied-word/ });
    const at = await row.boundingBox();
    await page.mouse.dblclick((at?.x ?? 0) + 20, (at?.y ?? 0) + 8);
    await page.keyboard.press("Control+Shift+C");
    await until(async () => (await page.evaluate(() => document.body.dataset.copied))?.includes("copied"));
    await page.keyboard.type("echo still-$((1 + 1))-typing\n"); // the focus is back
    await shows(page, "still-2-typing");
  },
  TEST_MS,
);

test(
  "a touch screen has the keys that its keyboard lacks",
  async () => {
    const { page } = await openAs({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    await openTerminal(page, "touched");
    await page.getByRole("toolbar", { name: "Keys" }).waitFor();
    await page.keyboard.type("clear; echo tou''ched; cat -v\n");
    await shows(page, "touched");
    for (const name of ["Escape", "Up", "Left", "Tab"]) await page.getByRole("button", { name, exact: true }).tap();
    await page.keyboard.press("Enter");
    await shows(page, "^[^[[A^[[D");
    await page.getByRole("button", { name: "Control" }).tap();
    await page.keyboard.type("c");
    await page.keyboard.type("echo by-con''trol\n");
    await shows(page, "by-control");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await expectAccessible(page);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBe(0);
  },
  TEST_MS,
);

test(
  "screen readers are told the output where somebody switches that on",
  async () => {
    const { page } = await openAs();
    await openTerminal(page, "aloud");
    await page.getByRole("button", { name: "More about this terminal" }).click();
    await page.getByRole("menuitemcheckbox", { name: "For screen readers" }).click();
    await page.getByRole("textbox", { name: "Terminal aloud" }).focus();
    await page.keyboard.type("echo to''ld\n");
    await until(async () => (await page.locator(".xterm-accessibility").innerText()).includes("told"));
    await page.reload();
    await until(async () => (await page.locator(".xterm-accessibility").innerText()).includes("told"));
    await expectAccessible(page);
  },
  TEST_MS,
);

test(
  "wide characters stand in their columns on the screen",
  async () => {
    const { page } = await openAs();
    await openTerminal(page, "wide");
    await page.keyboard.type(
      "PS1='$ '; clear; printf '%s|\\n' ⏳ ✅ 😀 é 👩‍💻 🇩🇪; printf '%s\\n' '12|' '12|' '12|' '1|' '1234|' '12|'\n",
    );
    await until(async () => (await rows(page)).split("|").length === 13);
    const ends = await page.evaluate(() =>
      [...document.querySelectorAll(".xterm-rows > div")].slice(0, 12).map((row) => {
        const range = document.createRange();
        range.selectNodeContents(row);
        const bars = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
        for (let node = bars.nextNode(); node !== null; node = bars.nextNode()) {
          const at = node.textContent?.indexOf("|") ?? -1;
          if (at < 0) continue;
          range.setStart(node, at);
          range.setEnd(node, at + 1);
          return Math.round(range.getBoundingClientRect().left);
        }
        return -1;
      }),
    );
    for (let at = 0; at < 6; at += 1) expect(Math.abs((ends[at] ?? 0) - (ends[at + 6] ?? 0))).toBeLessThanOrEqual(2);
  },
  TEST_MS,
);

test(
  "a new terminal is a fresh shell, also after its tab was closed and while somebody else has one",
  async () => {
    const [{ page }, { page: other }] = [await openAs(), await openAs()];
    await openTerminal(other, "main");
    await other.getByRole("button", { name: "New terminal" }).click();
    await other.getByRole("textbox", { name: /Terminal \d+/ }).waitFor();
    const theirs = other.url();
    await openTerminal(page, "main");
    await page.getByRole("button", { name: "New terminal" }).click();
    await page.waitForURL(/terminal\/\d+$/);
    const mine = page.url();
    expect(mine).not.toBe(theirs);
    const name = mine.split("/").at(-1) ?? "";
    await page.getByRole("button", { name: `Close ${name}` }).click();
    await page.waitForURL(/terminal\/main$/);
    await page.getByRole("button", { name: "New terminal" }).click();
    await page.waitForURL((url) => /terminal\/\d+$/.test(url.pathname) && url.href !== mine);
    expect(page.url()).not.toBe(theirs);
  },
  TEST_MS,
);

test(
  "tabs of all kinds are walked through and closed by mouse and keyboard, the active one too",
  async () => {
    const { page, problems } = await openAs({ viewport: { width: 900, height: 700 } });
    const long = `a-name-that-is-far-too-long-for-a-tab-of-any-width-${"x".repeat(60)}.txt`;
    await openTerminal(page, "main");
    await page.keyboard.type(
      `touch one.txt two.md three.py '${long}' && head -c 100 /dev/urandom > picture.png && echo ma''de\n`,
    );
    await shows(page, "made");
    for (const name of ["one.txt", "two.md", "three.py", long, "picture.png"]) {
      await page.getByRole("navigation", { name: "Project" }).getByRole("link", { name: "Files" }).click();
      await page.getByRole("table", { name: "Files" }).getByRole("link", { name, exact: true }).click();
      await tabs(page).getByRole("link", { name, exact: true }).waitFor();
    }
    const box = await tabs(page).getByRole("link", { name: long }).boundingBox();
    expect(box?.width).toBeLessThan(240);
    const isSeen = async (name: string) => {
      const [tab, bar] = await Promise.all([
        tabs(page).getByRole("link", { name, exact: true }).boundingBox(),
        tabs(page).boundingBox(),
      ]);
      if (tab === null || bar === null) return false;
      return tab.x >= bar.x - 1 && tab.x + tab.width <= bar.x + bar.width + 1;
    };
    await until(() => isSeen("picture.png"));
    expect(await tabNames(page)).toEqual(["main", "one.txt", "two.md", "three.py", long, "picture.png"]);
    const here = () => tabs(page).locator("[aria-current=page]").innerText();
    await page.getByRole("button", { name: "Close picture.png" }).click();
    await until(async () => (await tabNames(page)).length === 5 && (await here()) === long);
    await page.getByRole("button", { name: `Close ${long}` }).click();
    await until(async () => (await here()) === "three.py");
    await tabs(page).getByRole("link", { name: "main" }).click();
    await page.getByRole("textbox", { name: "Terminal main" }).waitFor();
    await until(() => isSeen("main"));
    await page.getByRole("button", { name: "Close main" }).click();
    await until(async () => (await here()) === "one.txt");
    await tabs(page).getByRole("link", { name: "two.md" }).focus();
    await page.keyboard.press("Enter");
    await until(async () => (await here()) === "two.md");
    await tabs(page).getByRole("link", { name: "two.md" }).focus();
    await page.keyboard.press("Delete");
    await until(async () => (await here()) === "three.py");
    await page.getByRole("button", { name: "Close one.txt" }).focus();
    await page.keyboard.press("Enter");
    await until(async () => (await tabNames(page)).join() === "three.py");
    await tabs(page).getByRole("link", { name: "three.py" }).click({ button: "middle" });
    await page.getByRole("table", { name: "Files" }).waitFor();
    await until(async () => (await tabs(page).count()) === 0);
    await page.reload();
    await page.getByRole("table", { name: "Files" }).waitFor();
    expect(await tabs(page).count()).toBe(0);
    expect(problems).toEqual([]);
  },
  TEST_MS,
);
