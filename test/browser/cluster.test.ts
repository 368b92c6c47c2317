/** The cluster as administrators see it, and the place and expected time of a start that waits, in a real browser on the whole product. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Life } from "../../src/core/life.ts";
import { defaultPodTemplate } from "../../src/domain/project-pods/default-template.ts";
import { TEMPLATE_CONFIG_MAP, TEMPLATE_KEY } from "../../src/domain/project-pods/template.ts";
import { configMaps } from "../../src/kube/resources.ts";
import { openKubeApi } from "../../src/local/kube-api/kube-api.ts";
import { type ClusterView, clusterView, type NodesFact } from "../../src/protocol/cluster.ts";
import { expectAccessible, expectFits, pageOf } from "../helpers/browser.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { openTestKube } from "../helpers/kube.ts";
import { testLives } from "../helpers/life.ts";
import { testLog } from "../helpers/log.ts";
import { Person, type Product, startProduct } from "../helpers/product.ts";

const life = testLives();
const LONG_MS = 240_000;
const PHONE = { viewport: { width: 360, height: 740 } };

/** One start is in flight at a time, for as long as the test wants. */
const whole = new Life("product");
let product: Product;
let ada: Person;
beforeAll(async () => {
  const dataDir = await temporaryFolder(whole, "product");
  await holdStarts(join(dataDir, "kubernetes"));
  product = await startProduct(whole, { dataDir, env: { COCALC_STARTS_IN_FLIGHT: "1" } });
  ada = await Person.signUp(product.origin, "Ada");
}, 300_000);
afterAll(async () => {
  expect(await whole.stop({ deadlineMs: 120_000 })).toEqual([]);
}, 300_000);

/** Edits the template of projects before anything starts: a start is over once there is a file `go` in the home. */
async function holdStarts(dataDir: string): Promise<void> {
  const before = new Life("template");
  const api = await openKubeApi(before, { dataDir, namespace: "cocalc", log: testLog() });
  const startupProbe = {
    exec: { command: ["test", "-e", "/home/user/go"] },
    periodSeconds: 1,
    failureThreshold: 600,
  };
  const { spec, ...rest } = defaultPodTemplate;
  const containers = spec.containers.map((container) => ({ ...container, startupProbe }));
  const template = JSON.stringify({ ...rest, spec: { ...spec, containers } });
  const metadata = { name: TEMPLATE_CONFIG_MAP };
  const kube = await openTestKube(before, api);
  await kube.apply(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata, data: { [TEMPLATE_KEY]: template } });
  expect(await before.stop()).toEqual([]);
}

async function letGo(projectId: string): Promise<void> {
  const home = join(product.dataDir, "volumes", "projects-data", "projects", projectId);
  await mkdir(home, { recursive: true });
  await writeFile(join(home, "go"), "");
}

test(
  "who waits sees the place move, then the expected time once one is measured, then the project",
  async () => {
    const own = life();
    const [first, second, third] = [
      await ada.createProject("First"),
      await ada.createProject("Second"),
      await ada.createProject("Third"),
    ];
    const { page, problems } = await pageOf(own, ada, `${product.origin}/app/projects/${third}/files`);
    for (const projectId of [first, second]) await ada.call("projects/start", { project_id: projectId });
    await page.getByRole("button", { name: "Start project" }).click();
    const words = page.getByRole("status").filter({ hasText: "queue" });
    await words.getByText("It is number 2 in the queue.", { exact: true }).waitFor();
    const { page: cluster } = await pageOf(own, ada, `${product.origin}/app/admin/cluster`);
    await cluster.getByText(/^1 start is in flight of 1 that may be \(.+\); 2 wait for a turn\.$/).waitFor();
    await letGo(first);
    await words.getByText(/^It is next in the queue; probably ready in (a|about) .+\.$/).waitFor();
    await expectAccessible(page, "main");
    await letGo(second);
    await letGo(third);
    await page.getByRole("table", { name: "Files" }).waitFor();
    await cluster.getByText(/^0 starts are in flight of 1 that may be \(.+\); nobody waits\.$/).waitFor();
    expect(problems).toEqual([]);
  },
  LONG_MS,
);

test(
  "an administrator sees the nodes and the room on them, on a phone too",
  async () => {
    const { page, problems } = await pageOf(life(), ada, `${product.origin}/app/admin`, PHONE);
    await page.getByRole("link", { name: "Cluster" }).click();
    const node = page.getByRole("article", { name: "Node local" });
    await node.getByText("Ready", { exact: true }).waitFor();
    await node.getByText(/^Processor cores: [\d.]+ by projects, of \d+$/).waitFor();
    await node.getByText(/^Memory: .+ by projects, of .+ GB$/).waitFor();
    await node.getByText(/^Pods: \d+ by projects, of \d+$/).waitFor();
    // Every pod of this engine is a project's: there are no others to speak of.
    expect(await page.getByText("Pods of other namespaces").count()).toBe(0);
    await expectFits(page, "cluster");
    expect(problems).toEqual([]);
  },
  LONG_MS,
);

test(
  "where nodes, or the pods of others, may not be seen, the page says so, and what to grant",
  async () => {
    const { page } = await pageOf(life(), ada, `${product.origin}/app/admin`, PHONE);
    const view = clusterView.parse(await ada.call("admin/cluster"));
    if (view.nodes === null) throw new Error("the nodes are not told");
    expect(view.nodes.all_pods).toBe("counted");
    // This engine grants all: these are the answers of a hub once manage-state is refused something, by their schema.
    let told: Partial<NodesFact> = { all_pods: "refused" };
    const json = (): ClusterView => clusterView.parse({ ...view, nodes: { ...view.nodes, ...told } });
    await page.route("**/api/v2/admin/cluster", (route) => route.fulfill({ json: json() }));
    await page.getByRole("link", { name: "Cluster" }).click();
    await page.getByText("the cluster does not let manage-state list them", { exact: false }).waitFor();
    expect(await page.getByText("COCALC_COUNT_ALL_PODS=yes").count()).toBe(0); // it is set
    await expectFits(page, "cluster without the pods of others", "main");
    told = { all_pods: "not asked" };
    await page.getByText("COCALC_COUNT_ALL_PODS=yes for manage-state counts them", { exact: false }).waitFor();
    told = { all_pods: "refused", nodes: [], refused: true };
    await page.getByText("manage-state may not see the nodes", { exact: false }).waitFor();
    expect(await page.getByRole("article").count()).toBe(0);
    expect(await page.getByText("Pods of other namespaces").count()).toBe(0);
    await expectFits(page, "cluster without nodes", "main");
    await page.unrouteAll({ behavior: "wait" }); // the page asks again every few seconds
  },
  LONG_MS,
);
