/** Uploads, the trash and odd names in a real browser on the whole product: nothing is replaced, lost or confused by surprise. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { visibleName } from "../../src/app/core/names.ts";
import { expectAccessible, openPage } from "../helpers/browser.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { testLives } from "../helpers/life.ts";
import { ODD_NAMES } from "../helpers/odd-names.ts";
import { Person, startProduct } from "../helpers/product.ts";
import { until } from "../helpers/until.ts";

const life = testLives();
const LONG_MS = 300_000;

async function openFiles() {
  const own = life();
  const product = await startProduct(own);
  const ada = await Person.signUp(product.origin, "Ada");
  const projectId = await ada.createProject("Uploads", { start: true });
  const { page, problems } = await openPage(own);
  const [name = "", ...rest] = ada.cookie.split(";")[0]?.split("=") ?? [];
  await page.context().addCookies([{ name, value: rest.join("="), url: product.origin }]);
  const address = `${product.origin}/app/projects/${projectId}`;
  await page.goto(`${address}/files/`);
  await page.getByRole("table", { name: "Files" }).waitFor();
  const api = (rest: string, init: RequestInit = {}) =>
    fetch(`${product.origin}/${projectId}/api/files/${rest}`, {
      ...init,
      headers: { cookie: ada.cookie, origin: product.origin, ...init.headers },
    });
  return { page, problems, address, api, ada, projectId };
}

const textFile = (name: string, text: string) => ({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
const upload = (page: Page, files: Parameters<ReturnType<Page["getByLabel"]>["setInputFiles"]>[0]) =>
  page.getByLabel("Files to upload").setInputFiles(files);

/** Drops a file or folder of this machine in the middle of the page. */
async function dropOn(page: Page, path: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await session.send("Input.dispatchDragEvent", { type, x: 640, y: 600, data });
}

test(
  "an upload asks before it replaces a file; what was replaced or deleted comes back from the trash",
  async () => {
    const { page, problems, address, api, ada, projectId } = await openFiles();
    const files = page.getByRole("table", { name: "Files" });
    const read = async (name: string) => (await api(`read?path=${encodeURIComponent(name)}`)).text();
    for (const name of ["a.txt", "b.txt", "c.txt"])
      await api(`write?path=${name}`, { method: "PUT", body: `old ${name}` });

    await upload(page, textFile("a.txt", "new a"));
    const question = page.getByRole("dialog", { name: "a.txt is there already" });
    await question.getByRole("button", { name: "Keep both" }).click();
    await files.getByRole("link", { name: "a (2).txt" }).waitFor();
    expect([await read("a.txt"), await read("a (2).txt")]).toEqual(["old a.txt", "new a"]);

    await upload(
      page,
      ["a.txt", "b.txt", "c.txt", "d.txt"].map((name) => textFile(name, `newer ${name}`)),
    );
    await page
      .getByRole("dialog", { name: /is there already/ })
      .getByRole("checkbox")
      .check();
    await page.getByRole("button", { name: "Replace" }).click();
    await page.getByText("Uploads are finished").waitFor();
    expect(await read("b.txt")).toBe("newer b.txt");
    expect(await read("d.txt")).toBe("newer d.txt");

    await page.getByRole("button", { name: "Actions for d.txt" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await files.getByRole("link", { name: "d.txt" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await files.getByRole("link", { name: "d.txt" }).waitFor();

    const folder = await temporaryFolder(life(), "chosen");
    await mkdir(join(folder, "course/week 1"), { recursive: true });
    await writeFile(join(folder, "course/week 1/task.txt"), "in a folder");
    await page.getByRole("button", { name: "Upload", exact: true }).click();
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("menuitem", { name: "Folder" }).click();
    await (await chooser).setFiles(join(folder, "course"));
    await files.getByRole("link", { name: "course" }).waitFor();
    await until(async () => (await read("course/week 1/task.txt")) === "in a folder");
    await dropOn(page, join(folder, "course/week 1"));
    await until(async () => (await read("week 1/task.txt")) === "in a folder");

    await page.goto(`${address}/trash`);
    const trash = page.getByRole("list", { name: "Trash" });
    await trash.getByRole("checkbox", { name: "Select c.txt" }).check();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Restore" }).click();
    await trash.getByText("c.txt").waitFor({ state: "detached" });
    expect(await read("c (restored).txt")).toBe("old c.txt");
    await page.getByRole("button", { name: "Empty the trash" }).click();
    await page.getByRole("button", { name: "Delete for good" }).click();
    await page.getByText("The trash is empty.").waitFor();

    const { log } = await ada.call<{ log: { event: Record<string, unknown> }[] }>("projects/log", {
      project_id: projectId,
    });
    const actions = log.filter(({ event }) => event.event === "file_action").map(({ event }) => event.action);
    expect(actions).toEqual(["emptied_trash", "restored", "restored", "trashed"]);
    await page.getByRole("link", { name: "Log" }).click();
    await page.getByText("moved “d.txt” to the trash").waitFor();
    expect(problems.filter((problem) => !problem.includes("412"))).toEqual([]);
  },
  LONG_MS,
);

test(
  "a reload during an upload asks, and the upload goes on where it was when the file is chosen again",
  async () => {
    const { page, api } = await openFiles();
    const size = 8_000_000;
    const content = Buffer.from(Array.from({ length: size }, (_, index) => (index * 7 + (index >> 9)) % 256));
    const file = join(await temporaryFolder(life(), "upload"), "big.bin");
    await writeFile(file, content);
    const network = await page.context().newCDPSession(page);
    const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1_500_000 };
    await network.send("Network.emulateNetworkConditions", slow);
    const asked = new Promise<string>((resolve) => {
      page.once("dialog", (dialog) => {
        resolve(dialog.type());
        void dialog.accept();
      });
    });
    await page.getByLabel("Filter this folder").click(); // browsers ask only whoever did something on the page
    await upload(page, file);
    const unfinished = async () => ((await (await api("uploads")).json()) as { uploads: { offset: number }[] }).uploads;
    const progress = page.getByRole("progressbar", { name: "Upload of big.bin" });
    const percent = async () => Number(await progress.getAttribute("aria-valuenow", { timeout: 1_000 }).catch(() => 0));
    await until(async () => (await percent()) > 50, { timeoutMs: 60_000 });
    await page.reload();
    expect(await asked).toBe("beforeunload");
    await until(async () => ((await unfinished())[0]?.offset ?? 0) > size / 3);
    const before = (await unfinished())[0]?.offset ?? 0;
    await network.send("Network.emulateNetworkConditions", { ...slow, uploadThroughput: -1 });

    let sent = 0;
    page.on("request", (request) => {
      const offset = new URL(request.url()).searchParams.get("offset");
      if (request.method() === "PUT" && offset !== null) sent = size - Number(offset);
    });
    await page.getByRole("region", { name: "Unfinished uploads" }).getByText("big.bin").waitFor();
    await page
      .getByLabel("The same file again")
      .setInputFiles(file)
      .catch(() => {});
    await page
      .getByText("Uploads are finished")
      .waitFor({ timeout: 60_000 })
      .catch(() => {});
    const there = Buffer.from(await (await api("read?path=big.bin")).arrayBuffer());
    expect({ sent, same: there.equals(content) }).toEqual({ sent: size - before, same: true });
    expect(await unfinished()).toEqual([]);
  },
  LONG_MS,
);

test(
  "each odd name is seen, opened, and in its tab",
  async () => {
    const { page, api, address, problems } = await openFiles();
    for (const [index, { bytes }] of ODD_NAMES.entries()) {
      const path = `odd/base64:${bytes.toString("base64url")}`;
      const answer = await api(`write?mkdir=1&path=${encodeURIComponent(path)}`, {
        method: "PUT",
        body: `file ${index}.`,
      });
      expect(answer.status).toBe(200);
    }
    await page.goto(`${address}/files/odd/`);
    await page.getByLabel("Filter this folder").waitFor();
    expect(await page.locator(".tab-here").count()).toBe(0); // a folder has none
    const wrong: string[] = [];
    for (const [index, { odd, bytes }] of ODD_NAMES.entries()) {
      const shown = visibleName(wireOf(bytes));
      if (shown.startsWith(".")) {
        await page.getByRole("button", { name: "More about this folder" }).click();
        await page.getByRole("menuitem", { name: "Show hidden files" }).click();
      }
      await page.getByLabel("Filter this folder").fill(shown);
      const isListed = await until(() => clickNamed(page, shown), { timeoutMs: 10_000 }).catch(() => false);
      if (!isListed) {
        wrong.push(`${odd}: not listed as ${shown}`);
        continue;
      }
      const isThere = await page
        .getByText(/\.exe$/.test(shown) ? "This kind of file is not text" : `file ${index}.`)
        .first()
        .waitFor({ timeout: 10_000 })
        .then(
          () => true,
          () => false,
        );
      if (!isThere) wrong.push(`${odd}: does not open`);
      const tab = await page.locator(".tab-here a").textContent();
      if (tab !== shown) wrong.push(`${odd}: its tab says ${tab}`);
      const head = page.locator(".editor-path"); // of what is no text there is none
      const path = (await head.count()) === 0 ? `odd/${shown}` : await head.textContent();
      if (path !== `odd/${shown}`) wrong.push(`${odd}: above its text stands ${path}`);
      await page.goBack();
      await page.getByLabel("Filter this folder").waitFor();
    }
    expect(wrong).toEqual([]);
    expect(problems).toEqual([]);
  },
  LONG_MS,
);

/** Clicks the link of exactly this text, if it is there by now. */
function clickNamed(page: Page, shown: string): Promise<boolean> {
  return page.locator(".file-name a").evaluateAll((links, text) => {
    const found = links.find(({ textContent }) => textContent === text) as HTMLElement | undefined; // links are
    found?.click();
    return found !== undefined;
  }, shown);
}

function wireOf(bytes: Buffer): string {
  const text = bytes.toString();
  const isText = Buffer.from(text).equals(bytes) && !text.startsWith("base64:");
  return isText ? text : `base64:${bytes.toString("base64url")}`;
}
