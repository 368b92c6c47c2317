/** On which machines projects' pods run, and what is reserved for them there: GPUs, pools, machines for projects alone. */

import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { renderPod } from "../../../src/domain/project-pods/render.ts";
import { parseTemplate } from "../../../src/domain/project-pods/template.ts";
import { runQuota } from "../../../src/domain/quotas/rules.ts";
import { configMaps, nodes, pods } from "../../../src/kube/resources.ts";
import { testLives } from "../../helpers/life.ts";
import { until } from "../../helpers/until.ts";
import { World, type WorldOptions } from "./world.ts";

const newLife = testLives();

async function openServed(options: WorldOptions = {}, env: Record<string, string> = {}) {
  const life = newLife();
  const world = await World.open(life, { script: "exec sleep 600", ...options });
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"], env);
  return world;
}

const untilWaits = (world: World, projectId: string, why: RegExp) =>
  until(async () => why.test((await world.start(projectId))?.kubernetes_reason ?? ""), { what: `waits: ${why}` });

test("a project of a pool waits for a machine of the pool, on which no other runs", async () => {
  const world = await openServed();
  const [mine, others] = [await world.createProject(), await world.createProject()];
  await world.db.execute(`UPDATE projects SET settings = '{"pool": "large"}' WHERE project_id = $1`, [mine]);
  await world.ask(mine, "start");
  await untilWaits(world, mine, /node affinity\/selector/);
  const taints = [{ key: "cocalc-pool", value: "large", effect: "NoSchedule" }];
  await world.kube.patch(nodes, "local", { metadata: { labels: { "cocalc-pool": "large" } }, spec: { taints } });
  await world.untilState(mine, "running");
  await world.ask(others, "start");
  await untilWaits(world, others, /untolerated taint \{cocalc-pool: large\}/);
});

test("projects run where the site has them run, and reserve no more than it lets them", async () => {
  const world = await openServed(
    {},
    {
      COCALC_PROJECT_NODES_LABEL: "cocalc-role=projects",
      COCALC_PROJECT_NODES_TAINT: "cocalc-projects=yes:NoSchedule",
      COCALC_MEM_REQUEST_ADJUSTMENT: '{"lim":900,"pct":40}',
    },
  );
  const taints = [{ key: "cocalc-projects", value: "yes", effect: "NoSchedule" }];
  await world.kube.patch(nodes, "local", { spec: { taints } });
  const projectId = await world.createProject();
  const settings = JSON.stringify({ memory: 2000, memory_request: 1500 });
  await world.db.execute("UPDATE projects SET settings = $2 WHERE project_id = $1", [projectId, settings]);
  await world.ask(projectId, "start");
  await world.untilState(projectId, "running");
  const { spec } = await world.untilPod(projectId);
  expect(spec.nodeSelector).toEqual({ "cocalc-role": "projects" });
  expect(spec.containers[0]?.resources).toMatchObject({ limits: { memory: "2000Mi" }, requests: { memory: "800Mi" } });
  expect((await world.row(projectId)).run_quota).toMatchObject({ memory_request: 800 });
});

test("of two projects with a GPU on a machine that has one, the second waits until the first is gone", async () => {
  const world = await World.open(newLife(), { script: "exec sleep 600", extended: { "example.com/gpu": 1 } });
  const gpu = { num: 1, resource: "example.com/gpu" };
  const inputs = { defaultQuotas: {}, maxUpgrades: {}, settings: {}, upgrades: [] };
  const quota = runQuota({ ...inputs, licenses: [{ id: randomUUID(), quota: { gpu } }] });
  const template = parseTemplate((await world.kube.get(configMaps, "project-pod")).data);
  const environment = {
    title: "",
    descr: "",
    tag: "1",
    registry: "localhost/shell",
    group: "",
    order: 0,
    hidden: false,
  };
  const make = async () => {
    const of = { projectId: randomUUID(), ticket: 1, requestTime: "", basePath: "", env: {}, hubKeys: {} };
    const made = renderPod({ ...of, template, environment, quota });
    return (await world.kube.create(pods, made)).metadata.name;
  };
  const untilPhase = (name: string, phase: string) =>
    until(async () => (await world.kube.get(pods, name)).status?.phase === phase, { what: `${name} is ${phase}` });
  const first = await make();
  await untilPhase(first, "Running");
  const second = await make();
  await until(async () => {
    const [condition] = (await world.kube.get(pods, second)).status?.conditions ?? [];
    return condition?.message?.includes("Insufficient example.com/gpu");
  });
  await world.kube.delete(pods, first, { gracePeriodSeconds: 0 });
  await untilPhase(second, "Running");
});
