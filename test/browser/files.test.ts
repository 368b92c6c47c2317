/** Files and terminals in a real browser on the whole product: upload, rename with Undo, delete, a large folder, a paste of many lines. */

import { expect, test } from "@jest/globals";
import { openPage } from "../helpers/browser.ts";
import { testLives } from "../helpers/life.ts";
import { Person, startProduct } from "../helpers/product.ts";
import { until } from "../helpers/until.ts";

const life = testLives();
const DAY_MS = 240_000;
const MANY = 20_000;

test(
  "files are uploaded, renamed, deleted and listed by the thousand; many pasted lines are asked about",
  async () => {
    const own = life();
    const product = await startProduct(own);
    const ada = await Person.signUp(product.origin, "Ada");
    const projectId = await ada.createProject("Files", { start: true });
    const { page, problems } = await openPage(own);
    const [name = "", ...rest] = ada.cookie.split(";")[0]?.split("=") ?? [];
    await page.context().addCookies([{ name, value: rest.join("="), url: product.origin }]);
    await page.goto(`${product.origin}/app/projects/${projectId}/files/`);
    const files = page.getByRole("table", { name: "Files" });
    await files.waitFor();

    const content = Buffer.alloc(3_000_000, "x");
    await page.getByLabel("Files to upload").setInputFiles([
      { name: "data.csv", mimeType: "text/csv", buffer: Buffer.from("a,b\n1,2\n") },
      { name: "big.bin", mimeType: "application/octet-stream", buffer: content },
    ]);
    await page.getByText("Uploads are finished").waitFor();
    await files.getByRole("link", { name: "big.bin" }).waitFor();
    await files.getByText("3.0 MB").waitFor();

    await page.getByRole("button", { name: "Actions for data.csv" }).click();
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await page.getByLabel("New name").fill("renamed.csv");
    await page.getByRole("button", { name: "Rename" }).click();
    await files.getByRole("link", { name: "renamed.csv" }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await files.getByRole("link", { name: "data.csv" }).waitFor();

    await page.getByRole("button", { name: "Actions for big.bin" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await files.getByRole("link", { name: "big.bin" }).waitFor({ state: "detached" });

    await page.getByRole("link", { name: "Terminal" }).click();
    await page.getByRole("textbox", { name: "Terminal main" }).waitFor();
    const text = () => page.locator(".xterm-rows").innerText();
    await until(async () => /[$#]/.test(await text()));
    await page.keyboard.type(
      `mkdir many && cd many && seq -f 'file-%05g.txt' ${MANY} | xargs touch && echo made-$((1 + 1))\n`,
    );
    await until(async () => (await text()).includes("made-2"), { timeoutMs: 60_000 });
    await page.evaluate(() => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", "echo one-$((1+1))\necho two-$((2+2))\n");
      const paste = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
      document.querySelector(".xterm-helper-textarea")?.dispatchEvent(paste);
    });
    await page.getByRole("dialog", { name: /Paste 2 lines/ }).waitFor();
    expect(await text()).not.toContain("one-2");
    await page.getByRole("button", { name: "Paste" }).click();
    await until(async () => (await text()).includes("echo two-"));
    await page.keyboard.press("Enter");
    await until(async () => (await text()).includes("one-2"));

    await page.goto(`${product.origin}/app/projects/${projectId}/files/many/`);
    await page.getByText(`${MANY.toLocaleString("en")} entries`).waitFor();
    expect(await files.getByRole("row").count()).toBeLessThan(100);
    await page.getByLabel("Filter this folder").fill("19999");
    await files.getByRole("link", { name: "file-19999.txt" }).waitFor();
    expect(problems).toEqual([]);
  },
  DAY_MS,
);
