/** A day of an administrator and of a licence's manager in a real browser: licences made, handed out, changed and ended, settings of the site. */

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Life } from "../../src/core/life.ts";
import { expectAccessible, expectFits, pageOf } from "../helpers/browser.ts";
import { testLives } from "../helpers/life.ts";
import { Person, type Product, startProduct } from "../helpers/product.ts";
import { until } from "../helpers/until.ts";

const life = testLives();
const DAY_MS = 240_000;

/** One product, whose first person is its administrator. */
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

test(
  "a licence is made, handed out, changed and ended, and its manager sees and hands out what is theirs",
  async () => {
    const own = life();
    const bob = await Person.signUp(product.origin, "Bob");
    const essay = await bob.createProject("Essay of Bob");
    const { page, problems } = await pageOf(own, ada, `${product.origin}/app/admin/licenses`);
    await page.getByText("There are no licences yet.").waitFor();
    await page.getByRole("link", { name: "Make a licence" }).click();
    const make = page.getByRole("button", { name: "Make the licence" });
    expect(await make.isDisabled()).toBe(true);
    await page.getByLabel("Title").fill("Algebra");
    await page.getByLabel("Memory (GB)").fill("four");
    await page.getByText("Type a number, or nothing.").waitFor();
    await page.getByLabel("Memory (GB)").fill("4");
    await page.getByLabel("Processor (cores)").fill("2");
    await page.getByLabel("Projects that may run with it at once").fill("50");
    await page.getByLabel("Managers").fill("bob@example.org");
    await expectAccessible(page);
    await make.click();
    await page.getByRole("heading", { name: "Algebra" }).waitFor();
    const licenseId = page.url().split("/").at(-1) ?? "";
    await page.getByText("In force, without an end.").waitFor();
    await page.getByText("Managed by Bob Tester (bob@example.org).").waitFor();
    await page.getByText("0 of 50 projects run with it").waitFor();
    await page.getByRole("img", { name: "No project ran with it in this time." }).waitFor();

    await page.getByLabel("Project", { exact: true }).fill(essay);
    await page.getByRole("button", { name: "Give it to that project" }).click();
    const having = page.getByRole("list", { name: "Projects that have it" });
    await having.getByText("Essay of Bob").waitFor();
    await having.getByText("Not started with it yet").waitFor();

    await page.getByLabel("Projects that may run with it at once").fill("60");
    await page.getByRole("button", { name: "Save the changes" }).click();
    await page.getByText("0 of 60 projects run with it").waitFor();

    await page.getByText("Graphics processors, pools of machines").click();
    await page.getByLabel("Pool of machines").fill("big");
    const also = page.getByLabel("Also for the project that has it already");
    await also.waitFor();
    const save = page.getByRole("button", { name: "Save the changes" });
    expect(await save.isDisabled()).toBe(true);
    await expectAccessible(page, "main");
    await also.check();
    await save.click();
    await also.waitFor({ state: "detached" });
    expect(await page.getByLabel("Pool of machines").inputValue()).toBe("big");
    await expectAccessible(page, "main");

    const { page: manager } = await pageOf(own, bob, `${product.origin}/app/licenses`, {
      viewport: { width: 390, height: 844 },
    });
    await manager.getByRole("list", { name: "Licences" }).getByText("1 project has it", { exact: false }).waitFor();
    await expectAccessible(manager);
    await manager.getByRole("link", { name: "Algebra" }).click();
    await manager.getByRole("button", { name: "Take the licence from Essay of Bob" }).click();
    await manager.getByText("No project has it.").waitFor();
    await manager.getByLabel("Project", { exact: true }).fill("essay");
    await manager.getByRole("button", { name: "Give it to Essay of Bob" }).click();
    await manager.getByText("Not started with it yet").waitFor();
    expect(await manager.getByRole("heading", { name: "Change it" }).count()).toBe(0);
    await expectAccessible(manager, "main");

    await page.getByRole("button", { name: "End it now" }).click();
    const question = page.getByRole("dialog", { name: "End “Algebra” now?" });
    await question.getByRole("button", { name: "End it" }).click();
    await page.getByText("It has ended. Give it another end above", { exact: false }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("In force, without an end.").waitFor();

    await page.getByLabel("From", { exact: true }).fill("2090-01-01T00:00");
    await page.getByRole("button", { name: "Save the changes" }).click();
    await page.getByText("It has not begun, and does not begin then", { exact: false }).waitFor();
    await page.getByRole("button", { name: "End it now" }).click();
    await question.getByRole("button", { name: "End it" }).click();
    await page.getByText("It has ended and never began.", { exact: false }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText(/Begins on .*2090/).waitFor();
    await page.getByRole("link", { name: "All licences" }).click();
    await page.getByLabel("Search licences").fill("nothing like it");
    await page.getByText("No licence matches the search.").waitFor();
    await page.getByLabel("Search licences").fill(licenseId);
    await page.getByRole("link", { name: "Algebra" }).waitFor();
    await expectAccessible(page, "main");
    expect(problems).toEqual([]);
  },
  DAY_MS,
);

test(
  "a setting of the site is found, refused with the reason, set and reset",
  async () => {
    const { page, problems } = await pageOf(life(), ada, `${product.origin}/app/admin/settings`);
    await page.getByLabel("Search settings").fill("mail help");
    await page.getByText("1 setting").waitFor();
    const field = page.getByRole("textbox", { name: "help_email" });
    await field.fill("nobody");
    await page.getByRole("button", { name: "Save help_email" }).click();
    await page.getByText("must be an e-mail address", { exact: false }).waitFor();
    await expectAccessible(page, "main");
    await field.fill("help@example.org");
    await page.keyboard.press("Enter");
    await page.getByText("help_email is set.").waitFor();
    const told = async () =>
      (await ada.call<{ help_email: string }>("customize", { fields: ["help_email"] })).help_email;
    await until(async () => (await told()) === "help@example.org");
    await page.getByRole("button", { name: "Back to the default of help_email" }).click();
    await page.getByText("help_email has its default again.").waitFor();
    await until(async () => (await told()) === "");
    await page.getByLabel("Search settings").fill("without a licence");
    await page.getByLabel("Memory (MB)").fill("much");
    await page.getByText("Type a number, or nothing.").waitFor();
    await page.getByLabel("Memory (MB)").fill("2000");
    await page.getByLabel("Internet").selectOption("yes");
    const effect = page.getByRole("list", { name: "What default_quotas would do" });
    await effect.getByText("Memory: 1 GB → 2 GB").waitFor();
    expect(await effect.getByText("Internet").count()).toBe(0); // which projects of this machine have anyway
    await expectAccessible(page, "main");
    await page.getByRole("button", { name: "Save default_quotas" }).click();
    await page.getByText("default_quotas is set.").waitFor();
    await until(async () => {
      const { default_quotas } = await ada.call<{ default_quotas: object }>("customize", {
        fields: ["default_quotas"],
      });
      return JSON.stringify(default_quotas) === '{"mem":2000,"internet":true}';
    });
    await page.getByLabel("Search settings").fill("");
    await page.getByLabel("email_smtp_password", { exact: true }).fill("hunter22");
    await page.getByRole("button", { name: "Save email_smtp_password" }).click();
    await page.getByText("email_smtp_password is set.").waitFor();
    expect(await page.getByLabel("email_smtp_password", { exact: true }).inputValue()).toBe("");
    await page.getByRole("combobox", { name: "strict_collaborator_management" }).selectOption("yes");
    await page.getByRole("button", { name: "Save strict_collaborator_management" }).click();
    await page.getByText("strict_collaborator_management is set.").waitFor();
    expect(problems).toEqual([]);
  },
  DAY_MS,
);

test(
  "on a phone the pages for administrators fit, light and dark, and are not for others",
  async () => {
    const own = life();
    const options = { viewport: { width: 390, height: 844 }, reducedMotion: "reduce" as const };
    const { license_id } = await ada.call<{ license_id: string }>("admin/licenses/create", {
      title: "For phones, with a title that is rather long",
      quota: { ram: 4, member: true, idle_timeout: "day", gpu: true },
      expires: "2100-01-01T00:00:00.000Z",
    });
    const { page } = await pageOf(own, ada, `${product.origin}/app/admin/licenses`, options);
    await page.getByRole("link", { name: "For phones", exact: false }).waitFor();
    await expectFits(page, "licenses");
    for (const [address, shown] of [
      [`licenses/${license_id}`, "Change it"],
      ["licenses/new", "A new licence"],
      ["settings", "Quotas and licences"],
      ["", "E-mail of this site"],
    ] as const) {
      await page.goto(`${product.origin}/app/admin/${address}`);
      await page.getByRole("heading", { name: shown }).waitFor();
      await expectFits(page, `admin ${address}`, "main");
    }
    const carol = await Person.signUp(product.origin, "Carol");
    const { page: other } = await pageOf(own, carol, `${product.origin}/app/admin/licenses`);
    await other.getByText("These pages are for administrators of the site").waitFor();
    expect(await other.getByRole("navigation", { name: "Administration" }).count()).toBe(0);
  },
  DAY_MS,
);
