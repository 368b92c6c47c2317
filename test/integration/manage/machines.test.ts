/** On which machines projects' pods run, and what is reserved for them there: GPUs, pools, machines for projects alone. */

import { expect, test } from "@jest/globals";
import { nodes } from "../../../src/kube/resources.ts";
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

/** A licence in force, made as an administrator makes one with SQL, and given to the projects. */
async function giveLicense({ db }: World, quota: object, projectIds: string[]): Promise<void> {
  const [license] = await db.query<{ id: string }>(
    "INSERT INTO site_licenses (title, quota, activates) VALUES ('Test', $1, '2020-01-01') RETURNING id",
    [JSON.stringify(quota)],
  );
  const keys = JSON.stringify({ [license?.id ?? ""]: {} });
  await db.execute("UPDATE projects SET site_license = $2 WHERE project_id = ANY ($1)", [projectIds, keys]);
}

test("of two projects with a GPU on a machine that has one, the second waits until the first is gone", async () => {
  const world = await openServed({ extended: { "example.com/gpu": 1 } });
  const [first, second] = [await world.createProject(), await world.createProject()];
  await giveLicense(world, { gpu: { num: 1, resource: "example.com/gpu" } }, [first, second]);
  await world.ask(first, "start");
  await world.untilState(first, "running");
  await world.ask(second, "start");
  await untilWaits(world, second, /Insufficient example\.com\/gpu/);
  expect(await world.start(second)).toMatchObject({ reason: "no_room" });
  await world.ask(first, "stop");
  await world.untilState(second, "running");
  expect((await world.untilPod(second)).spec.containers[0]?.resources?.limits).toMatchObject({
    "example.com/gpu": "1",
  });
});

test("a licence's patch that breaks the rules fails the start in words, until the administrator allows that very patch", async () => {
  const world = await openServed();
  const projectId = await world.createProject();
  const patch = [
    { op: "add", path: "/metadata/annotations/karpenter.sh~1do-not-disrupt", value: "true" },
    { op: "add", path: "/spec/enableServiceLinks", value: false },
  ];
  await giveLicense(world, { patch: JSON.stringify(patch) }, [projectId]);
  await world.ask(projectId, "start");
  expect((await world.untilFinished(projectId)).err).toMatch(
    /changes spec\.enableServiceLinks, .* Tell your administrator/,
  );
  expect(await world.start(projectId)).toMatchObject({ outcome: "failed", reason: "patch_refused" });
  expect(await world.pod(projectId)).toBeUndefined();
  const allow = (allowed: object) =>
    world.db.execute(
      `INSERT INTO server_settings (name, value) VALUES ('allowed_license_patches', $1)
       ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value`,
      [JSON.stringify(allowed)],
    );
  await allow([patch.slice(0, 1), [{ ...patch[1], value: true }]]);
  await world.ask(projectId, "start");
  expect((await world.untilFinished(projectId)).err).toMatch(/enableServiceLinks/);
  await allow([[{ op: "remove", path: "/spec/volumes" }], patch]);
  await world.ask(projectId, "start");
  await world.untilState(projectId, "running");
  const { metadata, spec } = await world.untilPod(projectId);
  expect(spec.enableServiceLinks).toBe(false);
  expect(metadata.annotations).toMatchObject({ "karpenter.sh/do-not-disrupt": "true" });
});
