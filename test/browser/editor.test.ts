/** The editor in a real browser on the whole product: a file that is not there, one in another encoding, and undo after leaving a tab. */

import { expect, test } from "@jest/globals";
import { expectAccessible, openPage } from "../helpers/browser.ts";
import { testLives } from "../helpers/life.ts";
import { Person, startProduct } from "../helpers/product.ts";

const life = testLives();
const DAY_MS = 240_000;

test(
  "a file that is not there is offered to be made, Latin-1 is opened as such, and undo outlives leaving a tab",
  async () => {
    const own = life();
    const product = await startProduct(own);
    const ada = await Person.signUp(product.origin, "Ada");
    const projectId = await ada.createProject("Texts", { start: true });
    const { page } = await openPage(own);
    const [name = "", ...rest] = ada.cookie.split(";")[0]?.split("=") ?? [];
    await page.context().addCookies([{ name, value: rest.join("="), url: product.origin }]);
    const at = (path: string) => `${product.origin}/app/projects/${projectId}/files/${path}`;

    await page.goto(at("notes.txt"));
    await page.getByRole("heading", { name: "There is no file “notes.txt”" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Create it" }).click();
    const text = page.getByRole("textbox", { name: "Text of notes.txt" });
    await text.click();
    await page.keyboard.type("typed ");
    await page.getByText(/^Saved/).waitFor();
    await page.getByRole("link", { name: "Files" }).first().click();
    await page
      .getByLabel("Files to upload")
      .setInputFiles([{ name: "latin.txt", mimeType: "text/plain", buffer: Buffer.from("caf\xe9\n", "latin1") }]);
    await page.getByRole("link", { name: "notes.txt", exact: true }).first().click();
    await text.click();
    expect(await text.innerText()).toContain("typed");
    await page.keyboard.press("ControlOrMeta+z");
    await page.waitForFunction(() => !document.querySelector(".cm-content")?.textContent?.includes("typed"));

    await page.goto(at("latin.txt"));
    await page.getByText("no UTF-8 text").waitFor();
    await page.getByRole("link", { name: "Download" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Open as text" }).click();
    await page.getByText("café").waitFor();
    const encoding = page.getByLabel("Encoding");
    expect(await encoding.inputValue()).toBe("windows-1252");
    await expectAccessible(page);
    await encoding.selectOption("windows-1251"); // the wrong one was chosen
    await page.getByText("cafй").waitFor();
  },
  DAY_MS,
);
