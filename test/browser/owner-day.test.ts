/** A day of a project's owner in a real browser: licences added and removed after a look at what they would do, parts of the quota, an end that comes near. */

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Life } from "../../src/core/life.ts";
import { expectAccessible, expectFits, pageOf, tabTo, untilFocused } from "../helpers/browser.ts";
import { testLives } from "../helpers/life.ts";
import { Person, type Product, startProduct } from "../helpers/product.ts";
import { until } from "../helpers/until.ts";

const life = testLives();
const DAY_MS = 240_000;

/** One product, whose first person is its administrator. */
const whole = new Life("product");
let product: Product;
let admin: Person;
beforeAll(async () => {
  product = await startProduct(whole);
  admin = await Person.signUp(product.origin, "Ada");
}, 300_000);
afterAll(async () => {
  expect(await whole.stop({ deadlineMs: 30_000 })).toEqual([]);
}, 300_000);

async function makeLicense(license: object): Promise<string> {
  return (await admin.call<{ license_id: string }>("admin/licenses/create", license)).license_id;
}

test(
  "an owner sees what a licence would do before adding it, also that it would lower something, and where each part comes from",
  async () => {
    const own = life();
    const owner = await Person.signUp(product.origin, "Owen");
    const projectId = await owner.createProject("Thesis");
    const large = await makeLicense({ title: "Large", quota: { ram: 8, cpu: 2, member: true } });
    const kept = await makeLicense({ title: "Kept running", quota: { ram: 2, cpu: 1, always_running: true } });
    const { page, problems } = await pageOf(own, owner, `${product.origin}/app/projects/${projectId}/settings`);
    const id = page.getByLabel("Add a licence by its id");
    await id.fill("not an id");
    await page.getByText("has 32 digits and letters in five groups", { exact: false }).waitFor();
    await id.fill("11111111-1111-4111-8111-111111111111");
    await page.getByText("There is no licence", { exact: false }).waitFor();

    await id.fill(large);
    const preview = page.getByRole("region", { name: "What Large would do" });
    await preview.getByText("Memory: 1 GB → 8 GB").waitFor();
    expect(await preview.getByText("(less)", { exact: false }).count()).toBe(0);
    await expectAccessible(page);
    await preview.getByRole("button", { name: "Add the licence" }).click();
    const given = page.getByRole("list", { name: "Licences of this project" });
    await given.getByText("Large").waitFor();
    await page.getByText("Memory: limit 8 GB").waitFor();

    await id.fill(kept);
    const lowering = page.getByRole("region", { name: "What Kept running would do" });
    await lowering.getByRole("alert").getByText("It would have less of something").waitFor();
    await lowering.getByText("Memory: 8 GB → 2 GB (less)").waitFor();
    await expectAccessible(page, "main");
    await lowering.getByRole("button", { name: "Add the licence" }).click();
    await given.getByText("Kept running").first().waitFor();
    await page.getByText("Memory: limit 2 GB").waitFor();
    await page.getByText("Where each part comes from").first().click();
    const parts = page.getByRole("list", { name: "Where each part comes from" });
    await parts.getByText("“Kept running”: 2 GB", { exact: false }).waitFor();
    await parts.getByText("every project of this site: 1 GB").waitFor();
    await expectAccessible(page, "main");

    await given.getByRole("button", { name: "Remove Kept running" }).click();
    const question = page.getByRole("dialog", { name: "Remove the licence “Kept running”?" });
    await question.getByText("Memory: 2 GB → 8 GB").waitFor();
    await question.getByText("Processor: 1 core → 2 cores").waitFor();
    await question.getByRole("button", { name: "Remove" }).click();
    await page.getByText("Memory: limit 8 GB").waitFor();
    await page.getByRole("link", { name: "Log" }).click();
    await page.getByText("took the licence “Kept running” from the project").waitFor();
    expect(problems.filter((problem) => !problem.includes("404"))).toEqual([]);
  },
  DAY_MS,
);

test(
  "a licence counts once the project has started with it, and its end is told a day before",
  async () => {
    const own = life();
    const owner = await Person.signUp(product.origin, "Olga");
    const projectId = await owner.createProject("Ending");
    const soon = new Date(Date.now() + 5 * 3_600_000).toISOString();
    const ending = await makeLicense({ title: "Course", quota: { ram: 2 }, expires: soon, run_limit: 5 });
    await owner.call("projects/add-license", { project_id: projectId, license_id: ending });
    await owner.startProject(projectId);
    const { page, problems } = await pageOf(own, owner, `${product.origin}/app/projects/${projectId}/files/`);
    await page.getByText("The licence “Course” ends in 5 hours.").waitFor();
    await page.getByText("gives the project less: memory 1 GB", { exact: false }).waitFor();
    await page.getByRole("table", { name: "Files" }).waitFor();
    await expectAccessible(page);
    await page.emulateMedia({ colorScheme: "dark" });
    await expectAccessible(page);
    await page.getByRole("link", { name: "Its licences" }).click();
    const given = page.getByRole("list", { name: "Licences of this project" });
    await given.getByText("Counts").waitFor();
    await given
      .getByText("in 5 hours")
      .or(given.getByText("In force until", { exact: false }))
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Do not show this any more" }).click();
    expect(await page.getByText("ends in 5 hours").count()).toBe(0);

    const { page: manager } = await pageOf(own, admin, `${product.origin}/app/admin/licenses/${ending}`);
    await manager.getByText("1 of 5 projects run with it").waitFor();
    await manager.getByText("At most 1 of 5 at once, in the 6 min from", { exact: false }).waitFor();
    await manager.getByText("Runs with it").waitFor();
    expect(problems).toEqual([]);
  },
  DAY_MS,
);

test(
  "a licence that is added to a project while it runs counts at once, and what takes a restart is said with it",
  async () => {
    const owner = await Person.signUp(product.origin, "Orla");
    const projectId = await owner.createProject("Running", { start: true });
    const license = await makeLicense({
      title: "At once",
      quota: { ram: 3, cpu: 2, ext_rw: true },
      managers: ["orla@example.org"],
    });
    const { page, problems } = await pageOf(life(), owner, `${product.origin}/app/projects/${projectId}/settings`);
    await page.getByLabel("Add a licence by its id").fill(license);
    const preview = page.getByRole("region", { name: "What At once would do" });
    await preview.getByText("Memory: 1 GB → 3 GB, while it runs").waitFor();
    await preview.getByText("May write the shared software: no → yes, after a restart").waitFor();
    await preview.getByRole("button", { name: "Add the licence" }).click();
    await page.getByText("of 2 cores", { exact: false }).waitFor();
    const pending = page.getByRole("list", { name: "What a restart would bring" });
    await pending.getByText("May write the shared software: no → yes").waitFor();
    await expectAccessible(page, "main");
    await page.emulateMedia({ colorScheme: "dark" });
    await expectAccessible(page, "main");
    await page.getByRole("button", { name: "Restart the project" }).click();
    await pending.waitFor({ state: "detached" });
    await until(async () => {
      const { run_quota } = await owner.call<{ run_quota: { ext_rw?: true } }>("projects/quota", {
        project_id: projectId,
      });
      return run_quota.ext_rw;
    });
    expect(problems).toEqual([]);
  },
  DAY_MS,
);

test(
  "an administrator grants a project more after a look at what it would do, and by keyboard alone",
  async () => {
    const owner = await Person.signUp(product.origin, "Otis");
    const projectId = await owner.createProject("Granted");
    const settings = `${product.origin}/app/projects/${projectId}/settings`;
    const { page } = await pageOf(life(), admin, settings);
    const memory = page.getByLabel("Memory (MB)");
    await memory.waitFor();
    await tabTo(page, memory);
    await page.keyboard.type("4000");
    await page.getByRole("list", { name: "What it would do" }).getByText("Memory: 1 GB → 4 GB").waitFor();
    await page.keyboard.press("Enter");
    await page.getByText("The quota is set.").waitFor();
    await page.getByText("Memory: limit 4 GB").waitFor();
    await page.keyboard.press("Control+k");
    await untilFocused(page.getByRole("textbox", { name: "Search actions and files" }));
    await page.keyboard.type("licences");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/licenses$/);

    const { page: other } = await pageOf(life(), owner, settings);
    await other.getByText("Memory: limit 4 GB").waitFor();
    expect(await other.getByRole("heading", { name: "For administrators" }).count()).toBe(0);
    const quota = await owner.call<{ inputs: { settings: object } }>("projects/quota", { project_id: projectId });
    expect(quota.inputs.settings).toEqual({ memory: 4000 });
  },
  DAY_MS,
);

test(
  "on a phone the settings of a project with licences fit, light and dark",
  async () => {
    const projectId = await admin.createProject("Phone");
    const license = await makeLicense({
      title: "Phones",
      quota: { ram: 4, cpu: 2, member: true, idle_timeout: "day" },
    });
    await admin.call("projects/add-license", { project_id: projectId, license_id: license });
    const { page } = await pageOf(life(), admin, `${product.origin}/app/projects/${projectId}/settings`, {
      viewport: { width: 390, height: 844 },
      reducedMotion: "reduce",
    });
    await page.getByText("Where each part comes from").first().click();
    await page.getByLabel("Memory (MB)").fill("16000");
    await page.getByRole("list", { name: "What it would do" }).waitFor();
    await until(async () => (await page.getByText("…", { exact: false }).count()) === 0);
    await expectFits(page, "settings", "main");
  },
  DAY_MS,
);

test(
  "while what the site says of quotas cannot be read, the page promises nothing of a start",
  async () => {
    const projectId = await admin.createProject("Slip");
    const license = await makeLicense({ title: "Promised", quota: { ram: 4, cpu: 2 } });
    const { page, problems } = await pageOf(life(), admin, `${product.origin}/app/projects`);
    // As the hub answers then; that it does is tested with the hub.
    await page.route("**/api/v2/projects/quota", async (route) => {
      const response = await route.fetch();
      const answer = (await response.json()) as { inputs: object };
      await route.fulfill({
        response,
        json: { ...answer, inputs: { ...answer.inputs, illFormed: ["default_quotas"] } },
      });
    });
    await page.goto(`${product.origin}/app/projects/${projectId}/settings`);
    await page.getByText("default_quotas, a setting of this site, cannot be read", { exact: false }).waitFor();
    for (const promise of ["Where each part comes from", "At its last start", "is known once"])
      expect(await page.getByText(promise, { exact: false }).count()).toBe(0);
    expect(await page.getByText("Memory: limit", { exact: false }).count()).toBe(0);
    await page.getByLabel("Add a licence by its id").fill(license);
    const preview = page.getByRole("region", { name: "What Promised would do" });
    await preview.getByText("What that would do is not known", { exact: false }).waitFor();
    expect(await preview.getByText("→", { exact: false }).count()).toBe(0);
    await expectAccessible(page, "main");
    expect(problems).toEqual([]);
  },
  DAY_MS,
);
