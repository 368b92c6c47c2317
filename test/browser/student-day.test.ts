/** A student's day in a real browser on the whole product: sign up, a project, a terminal, a file shared by two, reload, stop. */

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Page } from "playwright-core";
import { Life } from "../../src/core/life.ts";
import { expectAccessible, expectFits, openPage, tabTo, untilFocused } from "../helpers/browser.ts";
import { testLives } from "../helpers/life.ts";
import { Person, type Product, startProduct } from "../helpers/product.ts";
import { until } from "../helpers/until.ts";

const life = testLives();
const PASSWORD = "correct horse battery staple";
const DAY_MS = 240_000;

/** One product for all of them: each test brings its own people. */
const whole = new Life("product");
let product: Product;
beforeAll(async () => {
  product = await startProduct(whole);
}, 300_000);
afterAll(async () => {
  expect(await whole.stop({ deadlineMs: 30_000 })).toEqual([]);
}, 300_000);

async function signUp(page: Page, name: string): Promise<void> {
  await page.goto(`${product.origin}/auth/sign-up?next=/app/projects`);
  await page.getByLabel("First name").fill(name);
  await page.getByLabel("Last name").fill("Tester");
  await page.getByLabel("E-mail address").fill(`${name.toLowerCase()}@example.org`);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign up" }).click();
}

async function createOnly(page: Page, title: string): Promise<void> {
  await page.getByLabel("Name of a new project").fill(title);
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("button", { name: "Start project" }).waitFor();
}

async function createAndStart(page: Page, title: string): Promise<void> {
  await createOnly(page, title);
  await page.getByRole("button", { name: "Start project" }).click();
  await page.getByRole("table", { name: "Files" }).waitFor({ timeout: 60_000 });
}

const terminalText = (page: Page) => page.locator(".xterm-rows").innerText();
const editor = (page: Page) => page.getByRole("textbox", { name: /^Text of/ });

test(
  "sign up, create, start, terminal, one file in two browsers, reload, stop",
  async () => {
    const own = life();
    const { page: ada, problems } = await openPage(own);
    await signUp(ada, "Ada");
    await ada.getByRole("heading", { name: "Projects" }).waitFor();
    await createAndStart(ada, "Essay");

    await ada.getByRole("link", { name: "Terminal" }).click();
    await ada.getByRole("textbox", { name: "Terminal main" }).waitFor();
    await until(async () => (await terminalText(ada)).includes("$") || (await terminalText(ada)).includes("#"));
    await ada.keyboard.type("echo from-the-terminal-$((6 * 7)) | tee told.txt\n");
    await until(async () => (await terminalText(ada)).includes("from-the-terminal-42"));

    await ada.getByRole("link", { name: "Files" }).click();
    await ada.getByRole("link", { name: "told.txt" }).click();
    await until(async () => (await editor(ada).innerText()).includes("from-the-terminal-42"));

    const charles = await Person.signUp(product.origin, "Charles");
    const { page: other } = await openPage(own);
    await ada.getByRole("link", { name: "Members" }).click();
    await ada.getByLabel("Add somebody").fill("charles@example.org");
    await ada.getByRole("button", { name: "Add", exact: true }).click();
    await ada.getByRole("list", { name: "Members" }).getByText("Charles Tester").waitFor();
    const [name = "", ...rest] = charles.cookie.split(";")[0]?.split("=") ?? [];
    await other.context().addCookies([{ name, value: rest.join("="), url: product.origin }]);

    const address = ada.url().replace(/members$/, "files/told.txt");
    await ada.goto(address);
    await other.goto(address);
    await editor(other).waitFor();
    await editor(other).click();
    await other.keyboard.press("Control+End");
    await other.keyboard.type("and Charles was here");
    await until(async () => (await editor(ada).innerText()).includes("and Charles was here"));
    await ada.locator(".cm-ySelectionInfo", { hasText: "Charles Tester" }).waitFor({ state: "attached" });
    await editor(ada).click();
    await ada.keyboard.press("Control+Home");
    await ada.keyboard.type("Ada begins. ");
    await until(async () => (await editor(other).innerText()).includes("Ada begins."));
    await ada.getByText(/^Saved/).waitFor();

    await ada.reload();
    await until(async () => (await editor(ada).innerText()).includes("and Charles was here"));
    expect(await editor(ada).innerText()).toContain("Ada begins. from-the-terminal-42");

    const projectId = /projects\/([^/]+)/.exec(address)?.[1] ?? "";
    const renamed = await fetch(`${product.origin}/${projectId}/api/files/rename`, {
      method: "POST",
      headers: { cookie: charles.cookie, origin: product.origin, "content-type": "application/json" },
      body: JSON.stringify({ from: "told.txt", to: "renamed.txt" }),
    });
    expect(renamed.status).toBe(200);
    await ada.waitForURL(/files\/renamed\.txt$/);
    await ada.getByRole("textbox", { name: "Text of renamed.txt" }).click();
    await ada.keyboard.press("Control+Home");
    await ada.keyboard.type("Renamed. ");
    await until(async () => (await editor(other).innerText()).includes("Renamed."));
    await other.getByRole("link", { name: "renamed.txt" }).waitFor();

    await ada.getByRole("link", { name: "CoCalc" }).click();
    await ada.getByRole("button", { name: "Stop Essay" }).click();
    const question = ada.getByRole("dialog", { name: "Stop “Essay”?" });
    await question.getByText("working in it now", { exact: false }).waitFor();
    await question.getByRole("button", { name: "Stop", exact: true }).click();
    await ada.getByRole("article", { name: "Essay" }).getByText("Stopped").waitFor({ timeout: 30_000 });
    await other.getByText(/stopped the project\. What you type is kept/).waitFor(); // and by whom

    await ada.goto(address.replace(/files.*$/, "members"));
    await ada.getByRole("button", { name: "Remove Charles Tester" }).click();
    await ada.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await other.getByText("This project cannot be opened").waitFor({ timeout: 2_000 });
    expect(problems).toEqual([]);
  },
  DAY_MS,
);

describe("on a phone, light and dark", () => {
  const phone = new Life("phone");
  let page: Page;
  beforeAll(async () => {
    ({ page } = await openPage(phone, { viewport: { width: 390, height: 844 }, reducedMotion: "reduce" }));
    await signUp(page, "Grace");
    await page.getByRole("heading", { name: "Projects" }).waitFor();
  }, DAY_MS);
  afterAll(async () => {
    expect(await phone.stop({ deadlineMs: 30_000 })).toEqual([]);
  }, DAY_MS);

  /** What stands around the pages is looked at once with the projects, and once with the first page of a project. */
  test(
    "the projects and a project that is stopped are accessible and fit",
    async () => {
      await expectFits(page, "projects");
      await createOnly(page, "Phone");
      await expectFits(page, "start");
    },
    DAY_MS,
  );

  test(
    "the editor is accessible and fits",
    async () => {
      await page.getByRole("button", { name: "Start project" }).click();
      await page.getByRole("table", { name: "Files" }).waitFor({ timeout: 60_000 });
      await page.getByRole("button", { name: "New" }).click();
      await page.getByRole("menuitem", { name: "File" }).click();
      await page.getByLabel("Name of the file").fill("notes.md");
      await page.getByRole("button", { name: "Create" }).click();
      await editor(page).waitFor();
      await page.getByText(/^Saved/).waitFor();
      await expectFits(page, "editor");
    },
    DAY_MS,
  );

  test.each(["Files", "Terminal", "Members", "Log", "Settings"])(
    "%s is accessible and fits",
    async (place) => {
      await page.getByRole("navigation", { name: "Project" }).getByRole("link", { name: place }).click();
      await page.getByRole("heading", { level: 1 }).waitFor({ state: "attached" });
      await until(async () => (await page.getByText("…", { exact: false }).count()) === 0);
      await expectFits(page, place, "main");
    },
    DAY_MS,
  );

  test(
    "the account is accessible and fits",
    async () => {
      await page.goto(`${product.origin}/app/account`);
      await page.getByRole("heading", { name: "Sessions" }).waitFor();
      await expectFits(page, "account", "main");
    },
    DAY_MS,
  );
});

test(
  "what could not be shown while the network was away shows by itself when it is back",
  async () => {
    const own = life();
    const { page } = await openPage(own);
    await signUp(page, "Olive");
    const rail = page.getByRole("navigation", { name: "Project" });
    const go = (place: string) => rail.getByRole("link", { name: place }).click();
    const make = async (title: string) => {
      await page.getByRole("link", { name: "CoCalc" }).click();
      await createOnly(page, title);
    };
    await make("First"); // from which the pages are loaded, with the log and members of another project
    for (const place of ["Log", "Members"]) {
      await go(place);
      await page.getByRole("heading", { name: place }).waitFor();
    }
    await make("Second");
    for (const [place, shown] of [
      ["Log", "The log cannot be shown"],
      ["Members", "The members cannot be shown"],
    ] as const) {
      await page.context().setOffline(true);
      await go(place);
      await page.getByText(shown).waitFor();
      await page.context().setOffline(false);
      await page.getByText(shown).waitFor({ state: "detached" });
      await page.getByRole("heading", { name: place }).waitFor();
    }
  },
  DAY_MS,
);

test(
  "a viewer is offered nothing that would be refused",
  async () => {
    const owner = await Person.signUp(product.origin, "Owen");
    const projectId = await owner.createProject("To be read");
    const { page } = await openPage(life());
    await signUp(page, "Vera");
    await page.getByRole("heading", { name: "Projects" }).waitFor();
    const vera = { project_id: projectId, email_address: "vera@example.org", group: "viewer" };
    await owner.call("projects/collaborators/add", vera);
    await page.goto(`${product.origin}/app/projects/${projectId}/members`);
    await page.getByRole("button", { name: "Leave the project" }).waitFor();
    expect(await page.getByRole("button", { name: "Remove Owen Tester" }).isDisabled()).toBe(true);
    await page.goto(`${product.origin}/app/projects/${projectId}/settings`);
    await page.getByText("but not change its settings").waitFor();
    expect(await page.getByLabel("Title").isDisabled()).toBe(true);
    expect(await page.getByRole("button", { name: "Delete the project" }).isDisabled()).toBe(true);
    await expectAccessible(page);
  },
  DAY_MS,
);

test(
  "a restart and a deletion from the settings ask while somebody else is there, who is told who did it",
  async () => {
    const own = life();
    const { page: owner } = await openPage(own);
    await signUp(owner, "Rosa");
    await createAndStart(owner, "Shared");
    const address = owner.url().replace(/files.*$/, "");
    const { page: other } = await openPage(own);
    await signUp(other, "Otto");
    await other.getByRole("heading", { name: "Projects" }).waitFor();
    await owner.getByRole("link", { name: "Members" }).click();
    await owner.getByLabel("Add somebody").fill("otto@example.org");
    await owner.getByRole("button", { name: "Add", exact: true }).click();
    await owner.getByLabel("Role of Otto Tester").waitFor();
    await other.goto(`${address}files/`);
    await other.getByRole("table", { name: "Files" }).waitFor();
    await owner.getByRole("link", { name: "Settings" }).click();
    await owner.getByRole("button", { name: "Restart now" }).click();
    const question = owner.getByRole("dialog", { name: "Restart “Shared”?" });
    await question.getByText("Otto Tester is working in it now.").waitFor();
    await question.getByRole("button", { name: "Restart", exact: true }).click();
    await other.getByText("Rosa Tester restarted the project.").first().waitFor();
    await owner.getByText("Running").first().waitFor();
    await other.getByRole("table", { name: "Files" }).waitFor();
    await owner.getByRole("button", { name: "Delete the project" }).click();
    const last = owner.getByRole("dialog", { name: "Delete “Shared”?" });
    await last.getByRole("button", { name: "Delete", exact: true }).click();
    await other.getByText("Rosa Tester deleted the project.").first().waitFor();
  },
  DAY_MS,
);

test(
  "somebody is added or invited as a viewer at once",
  async () => {
    const { page } = await openPage(life());
    await signUp(page, "Rhea");
    await Person.signUp(product.origin, "Quentin");
    await createOnly(page, "To be shown");
    await page.getByRole("link", { name: "Members" }).click();
    for (const address of ["quentin@example.org", "nobody.yet@example.org"]) {
      await page.getByLabel("Add somebody").fill(address);
      await page.getByLabel("As", { exact: true }).selectOption("Viewer");
      await page.getByRole("button", { name: "Add", exact: true }).click();
      await page.getByText(`${address} is added as a viewer.`).waitFor();
    }
    await until(async () => (await page.getByLabel("Role of Quentin Tester").inputValue()) === "viewer");
    await page.getByRole("list", { name: "Invited" }).getByText("Becomes a viewer").waitFor();
  },
  DAY_MS,
);

test(
  "the last owner hands a project over to leave it",
  async () => {
    const { page } = await openPage(life());
    await signUp(page, "Lena");
    const mila = await Person.signUp(product.origin, "Mila");
    await createOnly(page, "Handed over");
    await page.getByRole("link", { name: "Members" }).click();
    const address = page.url();
    const leave = page.getByRole("button", { name: "Leave the project" });
    await leave.click();
    const nobodyElse = page.getByRole("dialog", { name: "Nobody else is in “Handed over”" });
    await nobodyElse.getByRole("button", { name: "Cancel" }).click();
    await nobodyElse.waitFor({ state: "detached" });
    await page.getByLabel("Add somebody").fill("mila@example.org");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByLabel("Role of Mila Tester").waitFor();
    expect(await page.getByLabel("Role of Lena Tester").isDisabled()).toBe(true);
    await leave.click();
    const question = page.getByRole("dialog", { name: "Hand over “Handed over” and leave?" });
    await question.getByLabel("Its owner from now on").selectOption("Mila Tester");
    await question.getByRole("button", { name: "Hand over and leave" }).click();
    await page.getByText("You have left the project; Mila Tester owns it now.").waitFor();
    const projectId = /projects\/([^/]+)/.exec(address)?.[1];
    const project = await mila.call<{ users: object }>("projects/get-one", { project_id: projectId });
    expect(project.users).toMatchObject({ [mila.accountId]: { group: "owner" } });
    expect(Object.keys(project.users)).toEqual([mila.accountId]);
  },
  DAY_MS,
);

test(
  "the whole way goes with the keyboard alone",
  async () => {
    const own = life();
    const { page } = await openPage(own);
    await signUp(page, "Kay");
    const field = page.getByLabel("Name of a new project");
    await field.waitFor();
    await tabTo(page, field);
    await page.keyboard.type("Keys\n");
    const start = page.getByRole("button", { name: "Start project" });
    await untilFocused(start);
    await page.keyboard.press("Enter");
    await page.getByRole("table", { name: "Files" }).waitFor({ timeout: 60_000 });
    await page.keyboard.press("Control+k");
    await untilFocused(page.getByRole("textbox", { name: "Search actions and files" }));
    await page.keyboard.type("new file");
    await page.getByRole("button", { name: "New file" }).or(page.getByText("New file")).first().waitFor();
    await page.keyboard.press("Enter");
    await untilFocused(page.getByLabel("Name of the file"));
    await page.keyboard.type("keys.txt\n");
    await untilFocused(editor(page));
    await page.keyboard.type("typed without a mouse");
    await page.keyboard.press("Control+Alt+t"); // at once: what was typed is nobody's to save
    await until(async () => /[$#]/.test(await terminalText(page)));
    await page.keyboard.type("until grep mouse keys.txt; do sleep 0.1; done; echo done-$((20 + 3))\n");
    await until(async () => (await terminalText(page)).includes("done-23"));
    expect(await terminalText(page)).toContain("typed without a mouse");
  },
  DAY_MS,
);
