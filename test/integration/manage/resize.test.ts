/** A project that runs gets what it may have by now without a restart, or is told in words why not. */

import { isDeepStrictEqual } from "node:util";
import { expect, test } from "@jest/globals";
import type { Life } from "../../../src/core/life.ts";
import { podName } from "../../../src/domain/project-pods/identity.ts";
import type { Pod } from "../../../src/kube/types.ts";
import type { PendingQuota, RunQuota } from "../../../src/protocol/quotas.ts";
import { type FaultyKube, openFaultyKube } from "../../helpers/faulty-kube.ts";
import { kubeconfigAt } from "../../helpers/kube.ts";
import { testLives } from "../../helpers/life.ts";
import { until } from "../../helpers/until.ts";
import { readyStatus, World, type WorldOptions } from "./world.ts";

const newLife = testLives();

const QUIET = "exec sleep 600";
const FULL = "a=$(head -c 75000000 /dev/zero | tr '\\0' x); echo full; while :; do sleep 0.1; done";
const SETTINGS = "UPDATE projects SET settings = $2 WHERE project_id = $1";

interface Quotas {
  run_quota: RunQuota | null;
  pending_quota: PendingQuota | null;
}

async function openWorld(life: Life, options: WorldOptions = {}): Promise<World> {
  const world = await World.open(life, { script: QUIET, ...options });
  await setSite(world, "kucalc", "onprem");
  return world;
}

async function setSite({ db }: World, name: string, value: string | object): Promise<void> {
  await db.execute(
    "INSERT INTO server_settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value",
    [name, typeof value === "string" ? value : JSON.stringify(value)],
  );
}

async function running(world: World): Promise<{ projectId: string; pod: Pod }> {
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  await world.untilState(projectId, "running");
  await world.untilFinished(projectId);
  return { projectId, pod: await world.untilPod(projectId) };
}

async function quotasOf({ db }: World, projectId: string): Promise<Quotas> {
  const [row] = await db.query<Quotas>("SELECT run_quota, pending_quota FROM projects WHERE project_id = $1", [
    projectId,
  ]);
  if (row === undefined) throw new Error(`no project ${projectId}`);
  return row;
}

/** Until what is written down of a project is as it should be. */
function untilQuotas(world: World, projectId: string, isSo: (quotas: Quotas) => boolean | undefined): Promise<Quotas> {
  return until(
    async () => {
      const quotas = await quotasOf(world, projectId);
      return isSo(quotas) && quotas;
    },
    { what: `the quotas of ${projectId}`, timeoutMs: 60_000 },
  );
}

/** Makes a licence and gives it to a project, as an administrator does who writes SQL. */
async function giveLicense({ db }: World, projectId: string, quota: object): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    `WITH license AS (INSERT INTO site_licenses (title, activates, quota) VALUES ('Class', now() - interval '1 day', $2) RETURNING id)
     UPDATE projects SET site_license = jsonb_build_object(license.id::text, '{}'::jsonb) FROM license WHERE project_id = $1 RETURNING id`,
    [projectId, quota],
  );
  return row?.id ?? "";
}

/** Licences of which a project has a place. */
async function seats({ db }: World): Promise<string[]> {
  const rows = await db.query<{ license_id: string }>(
    "SELECT license_id FROM site_license_usage_log WHERE stop IS NULL",
  );
  return rows.map(({ license_id }) => license_id).sort();
}

async function untilLimits(world: World, projectId: string, limits: Record<string, string>): Promise<void> {
  const isSo = async () => isDeepStrictEqual(actualOf(await world.untilPod(projectId))?.limits, limits);
  await until(isSo, { what: `the limits of ${projectId} are ${JSON.stringify(limits)}`, timeoutMs: 60_000 });
}

const resourcesOf = (pod: Pod) => pod.spec.containers[0]?.resources;
const actualOf = (pod: Pod) => pod.status?.containerStatuses?.[0]?.resources;

test("settings that change give a running project more cpu and memory, in the same pod", async () => {
  const life = newLife();
  const world = await openWorld(life);
  await world.startRoles(life, ["manage-action", "manage-state"]);
  const { projectId, pod } = await running(world);
  await world.db.execute(SETTINGS, [projectId, { memory: 4_000, cores: 2, mintime: 7_200 }]);
  const { run_quota } = await untilQuotas(world, projectId, ({ run_quota: has }) => has?.memory_limit === 4_000);
  expect(run_quota).toMatchObject({ memory_limit: 4_000, cpu_limit: 2, idle_timeout: 7_200 });
  const { pending_quota } = await untilQuotas(world, projectId, ({ pending_quota: pending }) => pending === null);
  expect(pending_quota).toBeNull();
  const now = await world.untilPod(projectId);
  expect(now.metadata.uid).toBe(pod.metadata.uid);
  expect(actualOf(now)?.limits).toEqual({ cpu: "2000m", memory: "4000Mi" });
  expect(now.status?.containerStatuses?.[0]?.restartCount).toBe(0);
  expect((await world.row(projectId)).state?.state).toBe("running");
});

test("a licence that is given to a running project raises its limits; a restart brings the rest", async () => {
  const life = newLife();
  const world = await openWorld(life);
  await world.startRoles(life, ["manage-action", "manage-state"]);
  const { projectId, pod } = await running(world);
  await giveLicense(world, projectId, { ram: 3, cpu: 2, member: true, idle_timeout: "medium" });
  const { pending_quota } = await untilQuotas(
    world,
    projectId,
    ({ run_quota, pending_quota: pending }) => run_quota?.memory_limit === 3_000 && pending?.reason === "restart",
  );
  expect(pending_quota?.message).toBe("A restart brings access to the internet.");
  expect((await world.untilPod(projectId)).metadata.uid).toBe(pod.metadata.uid);
  await world.ask(projectId, "restart");
  const after = await untilQuotas(world, projectId, ({ run_quota }) => run_quota?.network === true);
  expect(after.pending_quota).toBeNull();
  const again = await until(async () => {
    const now = await world.pod(projectId);
    return now?.metadata.uid !== pod.metadata.uid && now;
  });
  expect(again.metadata.labels?.network).toBe("outside");
});

test("a licence that gives less, is taken from a project or is deleted takes what it gave from what runs, in the same pod", async () => {
  const life = newLife();
  const world = await openWorld(life);
  await setSite(world, "default_quotas", { internet: true });
  await world.startRoles(life, ["manage-action", "manage-state"]);
  const [first, second] = [await running(world), await running(world)];
  const [licenseId, other] = [
    await giveLicense(world, first.projectId, { ram: 4, cpu: 2 }),
    await giveLicense(world, second.projectId, { ram: 3 }),
  ];
  await untilLimits(world, first.projectId, { cpu: "2000m", memory: "4000Mi" });
  await untilLimits(world, second.projectId, { cpu: "1000m", memory: "3000Mi" });
  await world.db.execute("UPDATE site_licenses SET quota = $2 WHERE id = $1", [licenseId, { ram: 2, cpu: 2 }]);
  await untilLimits(world, first.projectId, { cpu: "2000m", memory: "2000Mi" });
  expect(await seats(world)).toEqual([licenseId, other].sort());
  await world.db.execute("UPDATE projects SET site_license = '{}' WHERE project_id = $1", [first.projectId]);
  await world.db.execute("DELETE FROM site_licenses WHERE id = $1", [other]);
  for (const { projectId, pod } of [first, second]) {
    await untilLimits(world, projectId, { cpu: "1000m", memory: "1000Mi" });
    await untilQuotas(
      world,
      projectId,
      ({ run_quota: has, pending_quota }) => has?.memory_limit === 1_000 && pending_quota === null,
    );
    expect((await world.untilPod(projectId)).metadata.uid).toBe(pod.metadata.uid);
  }
  await until(async () => (await seats(world)).length === 0, { what: "the places are free" });
});

test("a licence whose network the pod still has keeps its place until the restart that takes it; a stop waits for nothing", async () => {
  const life = newLife();
  const world = await openWorld(life);
  await world.startRoles(life, ["manage-action", "manage-state"]);
  const projectId = await world.createProject();
  const licenseId = await giveLicense(world, projectId, { ram: 2 });
  await world.ask(projectId, "start");
  await world.untilState(projectId, "running");
  await world.untilFinished(projectId);
  await world.db.execute("UPDATE projects SET site_license = '{}' WHERE project_id = $1", [projectId]);
  const isLowered = ({ run_quota: has, pending_quota }: Quotas) =>
    has?.memory_limit === 1_000 && pending_quota?.reason === "restart";
  expect((await untilQuotas(world, projectId, isLowered)).run_quota?.network).toBe(true);
  expect(await seats(world)).toEqual([licenseId]);
  await world.ask(projectId, "stop");
  await until(async () => (await seats(world)).length === 0, { what: "the place is free" });
  await untilQuotas(world, projectId, ({ pending_quota }) => pending_quota === null);
});

test("a memory limit below what is in use is refused in words, and the pod is well", async () => {
  const life = newLife();
  const world = await openWorld(life, { script: FULL });
  await setSite(world, "max_upgrades", { memory: 200 });
  await world.startRoles(life, ["manage-action", "manage-state"]);
  const { projectId } = await running(world);
  await until(async () => (await world.kube.podLog(podName(projectId))).includes("full"), { timeoutMs: 30_000 });
  await setSite(world, "max_upgrades", { memory: 65 });
  const { run_quota, pending_quota } = await untilQuotas(
    world,
    projectId,
    ({ pending_quota: pending }) => pending?.reason === "memory_in_use",
  );
  expect(run_quota?.memory_limit).toBe(200);
  expect(pending_quota?.quota.memory_limit).toBe(65);
  expect(pending_quota?.message).toMatch(
    /^The project uses \d+(\.\d+)? MB of memory, which is more than its new limit. It keeps 200 MB until it starts again; a restart brings 65 MB of memory/,
  );
  expect(pending_quota?.kubernetes_reason).toMatch(/below current usage/);
  const pod = await until(async () => {
    const now = await world.untilPod(projectId);
    return now.status?.conditions?.every(({ type }) => !type.startsWith("PodResize")) && now;
  });
  expect(actualOf(pod)?.limits?.memory).toBe("200Mi");
  await setSite(world, "max_upgrades", { memory: 200 });
  await untilQuotas(world, projectId, ({ pending_quota: pending }) => pending === null);
});

test("where the machine has no room to set more aside, the limit is raised and the rest told", async () => {
  const life = newLife();
  const world = await openWorld(life, { memoryBytes: 600 * 2 ** 20 });
  await world.startRoles(life, ["manage-action", "manage-state"]);
  const { projectId } = await running(world);
  await world.db.execute(SETTINGS, [projectId, { memory: 2_000, memory_request: 900 }]);
  const { pending_quota } = await untilQuotas(
    world,
    projectId,
    ({ run_quota, pending_quota: pending }) => run_quota?.memory_limit === 2_000 && pending?.reason === "no_room",
  );
  expect(pending_quota?.message).toMatch(/no room .* A restart brings 900 MB of memory set aside for it/);
  const pod = await world.untilPod(projectId);
  expect(actualOf(pod)).toMatchObject({ limits: { memory: "2000Mi" }, requests: { memory: "200Mi" } });
});

test("what has no effect patches no pod and writes no row", async () => {
  const life = newLife();
  const world = await openWorld(life);
  const proxy = await openFaultyKube(life, world.env.KUBECONFIG ?? "");
  await startBehind(life, world, proxy);
  const { projectId, pod } = await running(world);
  const version = "SELECT xmin::text FROM projects WHERE project_id = $1";
  await world.db.execute(SETTINGS, [projectId, { memory: 1_000, cores: 1, unknown: 7 }]);
  const before = await world.db.query(version, [projectId]);
  await setSite(world, "max_upgrades", { memory: 16_000 });
  await setSite(world, "default_quotas", { idle_timeout: 1_800, mem: 1_000 });
  // What comes after it in the same way has been dealt with, so it has been, too.
  const other = await running(world);
  await world.db.execute(SETTINGS, [other.projectId, { memory: 3_000 }]);
  await untilQuotas(world, other.projectId, ({ run_quota }) => run_quota?.memory_limit === 3_000);
  expect(await world.db.query(version, [projectId])).toEqual(before);
  const now = await world.untilPod(projectId);
  expect([now.metadata.uid, now.metadata.generation]).toEqual([pod.metadata.uid, pod.metadata.generation]);
  expect(proxy.count(({ method, url }) => method === "PATCH" && url.pathname.includes(projectId))).toBe(0);
});

test.each([
  [404, "unsupported", "This cluster cannot change what a running project has. A restart brings 4 GB of memory."],
  [403, "refused", "The cluster did not change what the running project has. A restart brings 4 GB of memory."],
])(
  "a cluster that answers %d to a resize: told as %s, and not tried again at once",
  async (status, reason, message) => {
    const life = newLife();
    const world = await openWorld(life);
    const proxy = await openFaultyKube(life, world.env.KUBECONFIG ?? "");
    const isResize = ({ url }: { url: URL }) => url.pathname.endsWith("/resize");
    proxy.fail({ matches: isResize, status });
    await startBehind(life, world, proxy);
    const { projectId, pod } = await running(world);
    await world.db.execute(SETTINGS, [projectId, { memory: 4_000 }]);
    const { run_quota, pending_quota } = await untilQuotas(
      world,
      projectId,
      ({ pending_quota: pending }) => pending !== null,
    );
    expect(run_quota?.memory_limit).toBe(1_000);
    expect(pending_quota).toMatchObject({ reason, message });
    proxy.heal();
    await world.db.execute(SETTINGS, [projectId, { memory: 4_000, unknown: 7 }]);
    const other = await running(world);
    await world.db.execute(SETTINGS, [other.projectId, { memory: 3_000 }]);
    await untilQuotas(world, other.projectId, (quotas) => quotas.run_quota?.memory_limit === 3_000);
    expect(proxy.count((request) => isResize(request) && request.url.pathname.includes(projectId))).toBe(1);
    expect(resourcesOf(await world.untilPod(projectId))).toEqual(resourcesOf(pod));
    if (reason !== "refused") return;
    const longAgo = `UPDATE projects SET pending_quota = pending_quota || '{"time": "2026-01-01T00:00:00.000Z"}' WHERE project_id = $1`;
    await world.db.execute(longAgo, [projectId]);
    await world.db.execute(SETTINGS, [projectId, { memory: 4_000, unknown: 8 }]);
    await untilQuotas(world, projectId, (quotas) => quotas.run_quota?.memory_limit === 4_000);
  },
);

test("what one leader asked for, the next one follows to its end", async () => {
  const life = newLife();
  const world = await World.open(life); // no kubelet: the node does what the test tells
  const spec = { nodeName: "node", containers: [{ name: "project", image: "x" }] };
  await world.putConfigMap("project-pod", { "project.json": JSON.stringify({ spec }) });
  const first = newLife();
  await world.startRoles(first, ["manage-action"]);
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  const saysWhatItHas = async () => {
    const resources = resourcesOf(await world.untilPod(projectId));
    const status = { name: "project", ready: true, restartCount: 0, state: { running: {} }, resources };
    await world.tell(projectId, { ...readyStatus(), containerStatuses: [status] });
  };
  await saysWhatItHas(); // else nothing would tell that it has not got more at once
  await world.untilFinished(projectId);
  await world.db.execute(SETTINGS, [projectId, { memory: 4_000 }]);
  await untilQuotas(world, projectId, ({ pending_quota }) => pending_quota?.reason === "under_way");
  expect(await first.stop()).toEqual([]);
  await saysWhatItHas();
  await world.startRoles(life, ["manage-action"]);
  const { run_quota } = await untilQuotas(world, projectId, ({ pending_quota }) => pending_quota === null);
  expect(run_quota?.memory_limit).toBe(4_000);
});

/** The manage roles, with their Kubernetes API behind a proxy that can answer wrongly. */
async function startBehind(life: Life, world: World, { url }: FaultyKube): Promise<void> {
  const KUBECONFIG = await kubeconfigAt(life, world.env.KUBECONFIG ?? "", url);
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"], { KUBECONFIG });
}
