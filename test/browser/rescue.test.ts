/** A project that runs out of memory, and one that does not start by its own doing, in a real browser on the whole product. */

import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { Life } from "../../src/core/life.ts";
import type { ProjectStatus } from "../../src/protocol/project-status.ts";
import { expectFits, openPage } from "../helpers/browser.ts";
import { testLives } from "../helpers/life.ts";
import { Person, type Product, startProduct } from "../helpers/product.ts";
import { until } from "../helpers/until.ts";

const life = testLives();
const LONG_MS = 240_000;

const whole = new Life("product");
let product: Product;
let ada: Person;
beforeAll(async () => {
  product = await startProduct(whole);
  ada = await Person.signUp(product.origin, "Ada");
}, 300_000);
afterAll(async () => {
  expect(await whole.stop({ deadlineMs: 30_000 })).toEqual([]);
}, 300_000);

async function openProject(projectId: string, page: string): Promise<Page> {
  const opened = await openPage(life());
  const [name = "", ...rest] = ada.cookie.split(";")[0]?.split("=") ?? [];
  await opened.page.context().addCookies([{ name, value: rest.join("="), url: product.origin }]);
  await opened.page.goto(`${product.origin}/app/projects/${projectId}/${page}`);
  return opened.page;
}

const homeOf = (projectId: string) => join(product.dataDir, "volumes", "projects-data", "projects", projectId);
const terminalText = (page: Page) => page.locator(".xterm-rows").innerText();

test(
  "a project is restarted in rescue mode from its settings, mended, and restarted normally",
  async () => {
    const projectId = await ada.createProject("Broken");
    await mkdir(homeOf(projectId), { recursive: true });
    await writeFile(join(homeOf(projectId), ".bashrc"), "touch ~/was-executed\nwhile :; do sleep 1; done\n");
    await writeFile(join(homeOf(projectId), ".bash_profile"), ". ~/.bashrc\nexit 1\n");
    await ada.startProject(projectId);
    const page = await openProject(projectId, "settings");
    await page.getByRole("button", { name: "Restart in rescue mode" }).click();
    const banner = page.getByRole("status").filter({ hasText: "Rescue mode:" });
    await banner.waitFor();
    await expectFits(page, "rescue banner", ".project-notice");
    await page.setViewportSize({ width: 360, height: 740 });
    await expectFits(page, "rescue banner on a phone", ".project-notice");
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole("link", { name: "Terminal" }).click();
    await page.getByRole("textbox", { name: "Terminal main" }).waitFor();
    await until(async () => (await terminalText(page)).includes("(rescue)"));
    await page.keyboard.type("rm .bashrc was-executed; ls -A $PROJECT_HOME; echo mended\n");
    await until(async () => /\nmended/.test(await terminalText(page)));
    await banner.getByRole("button", { name: "Restart normally" }).click();
    await banner.waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Log" }).click();
    await page.getByText("asked to restart the project in rescue mode").waitFor();
  },
  LONG_MS,
);

test(
  "a project that its project_init.sh keeps from starting is rescued from the page of its start, mended, and starts normally",
  async () => {
    const projectId = await ada.createProject("Unstartable");
    await mkdir(homeOf(projectId), { recursive: true });
    await writeFile(join(homeOf(projectId), "project_init.sh"), "kill -9 $PPID\n"); // which is the project's server
    const page = await openProject(projectId, "files");
    await page.getByRole("button", { name: "Start project" }).click();
    const offer = page.getByRole("button", { name: "Start in rescue mode" });
    await offer.waitFor({ timeout: 120_000 });
    await offer.click();
    const banner = page.getByRole("status").filter({ hasText: "Rescue mode:" });
    await banner.waitFor({ timeout: 120_000 });
    await page.getByText("project_init.sh").waitFor();
    await page.getByRole("link", { name: "Terminal" }).click();
    await page.getByRole("textbox", { name: "Terminal main" }).waitFor();
    await until(async () => (await terminalText(page)).includes("(rescue)"));
    await page.keyboard.type("echo 'touch ran' > $PROJECT_HOME/project_init.sh; echo mended\n");
    await until(async () => /\nmended/.test(await terminalText(page)));
    await banner.getByRole("button", { name: "Restart normally" }).click();
    await banner.waitFor({ state: "detached" });
    await until(
      () =>
        access(join(homeOf(projectId), "ran")).then(
          () => true,
          () => false,
        ),
      { timeoutMs: 60_000 },
    );
    await ada.untilState(projectId, "running");
  },
  LONG_MS,
);

/** Has a program in the project keep so much memory that about `part` of its limit is in use. */
async function fillMemory(projectId: string, part: number): Promise<void> {
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${product.origin}/${projectId}/api/${path}`, {
      ...init,
      headers: { cookie: ada.cookie, origin: product.origin, "content-type": "application/json" },
    });
  const { memory }: ProjectStatus = await (await ask("status")).json();
  const bytes = Math.floor(part * (memory.limit ?? 0) - memory.used - NODE_BYTES);
  const hog = `globalThis.kept = Buffer.alloc(${bytes}, 1); setTimeout(() => {}, 300_000)`;
  const command = `"${process.execPath}" -e '${hog}' > /dev/null 2>&1 &`;
  await ask("exec", { method: "POST", body: JSON.stringify({ command, bash: true }) });
}

/** What a program has of its own. */
const NODE_BYTES = 45e6;

test(
  "a project that uses nine tenths of its memory says so, and how much that is",
  async () => {
    const projectId = await ada.createProject("Nearly full", { start: true });
    await fillMemory(projectId, 0.95);
    const page = await openProject(projectId, "files");
    const notice = page.getByRole("status").filter({ hasText: "Memory is nearly used up:" });
    await notice.getByText(/9\d\d MB of 1 GB\./).waitFor({ timeout: 60_000 });
    await page
      .locator("footer")
      .getByText(/^memory 9\d\d MB of 1 GB$/)
      .waitFor();
    await expectFits(page, "memory warning", ".project-notice");
    await notice.getByRole("button", { name: "Ask for more memory" }).click();
    await notice.getByRole("status").waitFor();
  },
  LONG_MS,
);

test(
  "a project that runs out of memory says when and by which program, asks for more by one click, and has it in its log",
  async () => {
    const beganMs = Date.now();
    const projectId = await ada.createProject("Greedy");
    await ada.call("projects/set-admin-quotas", { project_id: projectId, memory_limit: 400 });
    await ada.startProject(projectId);
    const hog = "const keep = []; setInterval(() => keep.push(Buffer.alloc(5e6, 1)), 60)";
    await writeFile(join(homeOf(projectId), "hog.mjs"), hog);
    const page = await openProject(projectId, "terminal/main");
    await page.getByRole("textbox", { name: "Terminal main" }).waitFor();
    await until(async () => /[$#]/.test(await terminalText(page)));
    await page.keyboard.type(`"${process.execPath}" hog.mjs\n`);
    const notice = page.getByRole("alert").filter({ hasText: "ran out of memory" });
    await notice.getByText("node hog.mjs").waitFor({ timeout: 120_000 });
    const when = notice.getByRole("time");
    const moment = new Date((await when.getAttribute("datetime")) ?? "");
    expect(moment.getTime()).toBeGreaterThan(beganMs);
    const minutes = String(moment.getUTCMinutes()).padStart(2, "0"); // the same in nearly all zones
    expect(await when.innerText()).toMatch(new RegExp(`${moment.getUTCFullYear()}, \\d+:${minutes}`));
    await expectFits(page, "memory notice", ".project-notice");
    await notice.getByRole("button", { name: "Ask for more memory" }).click();
    await notice.getByRole("status").waitFor();
    await notice.getByRole("button", { name: "Do not show this any more" }).click();
    await notice.waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Log" }).click();
    const entry = page.getByRole("listitem").filter({ hasText: "ran out of memory." });
    await entry.getByText("node hog.mjs").waitFor();
  },
  LONG_MS,
);
