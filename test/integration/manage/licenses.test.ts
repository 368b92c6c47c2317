/** Licences at a start and while a project runs: what they give, whose seats are taken, and that there are never more than a licence has. */

import { expect, test } from "@jest/globals";
import { podName, projectIdOf } from "../../../src/domain/project-pods/identity.ts";
import { pods } from "../../../src/kube/resources.ts";
import { startCli } from "../../helpers/cli.ts";
import { isList, openFaultyKube } from "../../helpers/faulty-kube.ts";
import { kubeconfigAt } from "../../helpers/kube.ts";
import { testLives } from "../../helpers/life.ts";
import { until } from "../../helpers/until.ts";
import { readyStatus, World } from "./world.ts";

const newLife = testLives();
const FOREVER = "exec sleep 600";

interface LicenseColumns {
  quota?: object;
  runLimit?: number | null;
  activates?: Date;
  expires?: Date | null;
}

/** As an administrator makes one who writes SQL. */
async function insertLicense(world: World, columns: LicenseColumns = {}): Promise<string> {
  const { quota = { ram: 4, cpu: 2 }, runLimit = null, activates = new Date(0), expires = null } = columns;
  const [row] = await world.db.query<{ id: string }>(
    "INSERT INTO site_licenses (title, quota, run_limit, activates, expires) VALUES ('Test', $1, $2, $3, $4) RETURNING id",
    [JSON.stringify(quota), runLimit, activates, expires],
  );
  return row?.id ?? "";
}

async function createLicensed(world: World, ...licenseIds: string[]): Promise<string> {
  const projectId = await world.createProject();
  const keys = Object.fromEntries(licenseIds.map((id) => [id, {}]));
  await world.db.execute("UPDATE projects SET site_license = $2 WHERE project_id = $1", [
    projectId,
    JSON.stringify(keys),
  ]);
  return projectId;
}

/** Column `site_license` of a project. */
async function licensesOf(world: World, projectId: string) {
  const [row] = await world.db.query<{ site_license: Record<string, { status?: string; reason?: string }> }>(
    "SELECT site_license FROM projects WHERE project_id = $1",
    [projectId],
  );
  return row?.site_license ?? {};
}

/** Projects that use a licence at this moment, by the log. */
async function usersOf(world: World, licenseId: string): Promise<string[]> {
  const rows = await world.db.query<{ project_id: string }>(
    "SELECT project_id FROM site_license_usage_log WHERE license_id = $1 AND stop IS NULL",
    [licenseId],
  );
  return rows.map(({ project_id }) => project_id).sort();
}

async function start(world: World, projectId: string): Promise<void> {
  await world.ask(projectId, "start");
  await world.untilFinished(projectId);
}

test("a start gives what its licences give, writes it down before the pod is made, and counts as their use until the project has stopped", async () => {
  const life = newLife();
  const world = await World.open(life, { script: FOREVER });
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"]);
  const licenseId = await insertLicense(world);
  const over = await insertLicense(world, { expires: new Date(Date.now() - 60_000) });
  const [licensed, plain] = [await createLicensed(world, licenseId, over), await world.createProject()];
  await world.db.execute("UPDATE projects SET site_license = '[\"rubbish\"]' WHERE project_id = $1", [plain]);
  await Promise.all([start(world, licensed), start(world, plain)]);
  const [row, other] = [await world.row(licensed), await world.row(plain)];
  expect(row.run_quota).toMatchObject({ memory_limit: 4_000, cpu_limit: 2 });
  expect(other.run_quota).toMatchObject({ memory_limit: 1_000, cpu_limit: 1 });
  const pod = await world.untilPod(licensed);
  expect(Date.parse(pod.metadata.creationTimestamp ?? "")).toBeGreaterThanOrEqual(
    Math.floor((row.last_started?.getTime() ?? 0) / 1_000) * 1_000,
  );
  expect(await licensesOf(world, licensed)).toMatchObject({
    [licenseId]: { status: "active", quota: { ram: 4, cpu: 2 } },
    [over]: { status: "expired", reason: expect.stringContaining("ended on") },
  });
  expect(await usersOf(world, licenseId)).toEqual([licensed]);
  const [used] = await world.db.query<{ count: number }>(
    "SELECT count(*) AS count FROM site_licenses WHERE last_used IS NOT NULL",
  );
  expect(used?.count).toBe(1);
  await world.ask(licensed, "stop");
  await until(async () => (await usersOf(world, licenseId)).length === 0);
});

test("where all places of a licence are taken a start goes on without it and says so; a place that becomes free is taken by the next", async () => {
  const life = newLife();
  const world = await World.open(life, { script: FOREVER });
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"]);
  const licenseId = await insertLicense(world, { runLimit: 1 });
  const [first, second] = [await createLicensed(world, licenseId), await createLicensed(world, licenseId)];
  await start(world, first);
  await start(world, second);
  expect(await licensesOf(world, second)).toEqual({
    [licenseId]: { status: "exhausted", reason: expect.stringContaining("place") },
  });
  expect((await world.row(second)).run_quota).toMatchObject({ memory_limit: 1_000 });
  await world.ask(first, "restart");
  await world.untilFinished(first);
  expect(await usersOf(world, licenseId)).toEqual([first]); // it has its own place, while others want it
  await world.ask(first, "stop");
  await until(async () => (await usersOf(world, licenseId)).length === 0);
  await world.ask(second, "restart");
  await world.untilFinished(second);
  expect(await licensesOf(world, second)).toMatchObject({ [licenseId]: { status: "active" } });
  expect(await usersOf(world, licenseId)).toEqual([second]);
});

test("a start that fails, and one that is cancelled, give their places back", async () => {
  const life = newLife();
  const neverReady = { readinessProbe: { exec: { command: ["false"] }, periodSeconds: 1 } };
  const world = await World.open(life, { script: "exit 1", container: neverReady });
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"], { COCALC_START_RESTARTS: "0" });
  const licenseId = await insertLicense(world, { runLimit: 1 });
  const projectId = await createLicensed(world, licenseId);
  await start(world, projectId);
  expect(await world.start(projectId)).toMatchObject({ outcome: "failed" });
  expect(await licensesOf(world, projectId)).toMatchObject({ [licenseId]: { status: "active" } });
  await until(async () => (await usersOf(world, licenseId)).length === 0);
  await world.ask(projectId, "start");
  await until(async () => (await usersOf(world, licenseId)).length === 1);
  await world.ask(projectId, "stop");
  await until(async () => (await usersOf(world, licenseId)).length === 0);
});

test("a licence that begins while a project runs is in use at once; one that ends is until the project stops", async () => {
  const life = newLife();
  const world = await World.open(life, { script: FOREVER });
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"]);
  const tomorrow = new Date(Date.now() + 86_400_000);
  const [begins, ends] = [
    await insertLicense(world, { quota: { ram: 3 }, activates: tomorrow, runLimit: 1 }),
    await insertLicense(world, { quota: { ram: 2 }, expires: tomorrow }),
  ];
  const projectId = await createLicensed(world, begins, ends);
  await start(world, projectId);
  expect(await licensesOf(world, projectId)).toMatchObject({
    [begins]: { status: "future" },
    [ends]: { status: "active" },
  });
  // Written a while before it comes: at the moment itself no row changes.
  const soon = new Date(Date.now() + 3_000);
  await world.db.execute("UPDATE site_licenses SET expires = $2 WHERE id = $1", [ends, soon]);
  await world.db.execute("UPDATE site_licenses SET activates = $2 WHERE id = $1", [begins, soon]);
  await until(async () => (await licensesOf(world, projectId))[begins]?.status === "active", { timeoutMs: 60_000 });
  expect(Date.now()).toBeGreaterThanOrEqual(soon.getTime());
  expect(await usersOf(world, begins)).toEqual([projectId]);
  expect(await usersOf(world, ends)).toEqual([projectId]);
});

/** Where no kubelet is: starts a project and says that it is ready. */
async function startTold(world: World, projectId: string): Promise<void> {
  await world.ask(projectId, "start");
  await world.untilPod(projectId);
  await world.tell(projectId, readyStatus());
  await world.untilFinished(projectId);
}

test("an evicted project kept its place for ever, and one that ran without had to wait minutes for a free one: it has it at once", async () => {
  const life = newLife();
  const world = await World.open(life);
  const spec = { nodeName: "node", containers: [{ name: "project", image: "x" }] };
  await world.putConfigMap("project-pod", { "project.json": JSON.stringify({ spec }) });
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"]);
  const licenseId = await insertLicense(world, { runLimit: 1 });
  const [evicted, waiting] = [await createLicensed(world, licenseId), await createLicensed(world, licenseId)];
  await startTold(world, evicted);
  await startTold(world, waiting);
  expect(await usersOf(world, licenseId)).toEqual([evicted]);
  await world.tell(evicted, { phase: "Failed", reason: "Evicted" });
  await until(async () => (await usersOf(world, licenseId))[0] === waiting, { timeoutMs: 30_000 });
  expect(await usersOf(world, licenseId)).toEqual([waiting]);
  expect(await licensesOf(world, waiting)).toMatchObject({ [licenseId]: { status: "active" } });
  expect(await world.pod(evicted)).toBeDefined();
});

test("a run limit that is lowered takes no place from who runs, and gives none away before there is one", async () => {
  const life = newLife();
  const world = await World.open(life);
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"]);
  const licenseId = await insertLicense(world, { runLimit: 2 });
  const [first, second, third] = [
    await createLicensed(world, licenseId),
    await createLicensed(world, licenseId),
    await createLicensed(world, licenseId),
  ];
  await startTold(world, first);
  await startTold(world, second);
  await world.db.execute("UPDATE site_licenses SET run_limit = 1 WHERE id = $1", [licenseId]);
  await startTold(world, third);
  expect(await usersOf(world, licenseId)).toEqual([first, second].sort());
  await world.ask(first, "stop");
  await until(async () => !(await usersOf(world, licenseId)).includes(first));
  await startTold(world, first);
  expect(await usersOf(world, licenseId)).toEqual([second]);
  expect(await licensesOf(world, first)).toMatchObject({ [licenseId]: { status: "exhausted" } });
});

test("a leader whose API server lags behind gave the place of a project that runs to another", async () => {
  const life = newLife();
  const world = await World.open(life, { script: FOREVER });
  const { metadata } = await world.kube.list(pods);
  const before = life.child("before");
  await world.startRoles(before, ["manage-action", "manage-state"]);
  const licenseId = await insertLicense(world, { runLimit: 1 });
  const [first, second] = [await createLicensed(world, licenseId), await createLicensed(world, licenseId)];
  await start(world, first);
  await before.stop();
  const lagging = await openFaultyKube(life, world.env.KUBECONFIG ?? "");
  const list = { kind: "PodList", apiVersion: "v1", metadata, items: [] };
  lagging.fail({ matches: (seen) => isList(seen) && seen.url.pathname.endsWith("/pods"), status: 200, body: list });
  lagging.swallowEvents();
  const env = { KUBECONFIG: await kubeconfigAt(life, world.env.KUBECONFIG ?? "", lagging.url) };
  await world.startRoles(life.child("after"), ["manage-action"], env);
  const looks = () => lagging.requests.some(({ url }) => url.pathname.endsWith(`/pods/${podName(first)}`));
  await until(looks, { what: "the pod is looked for" });
  await world.ask(second, "start");
  await until(async () => (await licensesOf(world, second))[licenseId]?.status !== undefined);
  expect((await licensesOf(world, second))[licenseId]).toMatchObject({ status: "exhausted" });
  expect(await usersOf(world, licenseId)).toEqual([first]);
});

test("while leaders are killed, 100 starts on a licence with 25 places never have more than 25, and each ends truthfully", async () => {
  const life = newLife();
  const world = await World.open(life);
  const env = { ...world.env, COCALC_STARTS_IN_FLIGHT: "40" };
  const candidates = Array.from({ length: 3 }, () => startCli(life, ["--role=manage-action,manage-state"], env));
  const licenseId = await insertLicense(world, { runLimit: 25 });
  const isLeading = ({ output }: (typeof candidates)[number]) => output().stderr.includes('"serving requests"');
  const killed = new Set<(typeof candidates)[number]>();
  const leader = () => until(() => candidates.find((one) => !killed.has(one) && isLeading(one)), { timeoutMs: 60_000 });
  await leader();
  await world.db.execute(
    `INSERT INTO projects (project_id, title, users, site_license, action_request)
     SELECT gen_random_uuid(), 'Test', jsonb_build_object(gen_random_uuid(), '{"group":"owner"}'::jsonb), jsonb_build_object($1::text, '{}'::jsonb),
       jsonb_build_object('action', 'start', 'time', to_char(clock_timestamp(), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
     FROM generate_series(1, 100)`,
    [licenseId],
  );
  const most = { inLog: 0, inCluster: 0 };
  const look = async () => {
    const [log, pods] = [await usersOf(world, licenseId), await world.allPods()];
    const licensed = pods.filter(({ spec }) => spec.containers[0]?.resources?.limits?.memory?.startsWith("4000"));
    most.inLog = Math.max(most.inLog, log.length);
    most.inCluster = Math.max(most.inCluster, licensed.length);
    for (const { metadata, status } of pods) {
      if (status?.phase === "Pending") await world.tell(projectIdOf(metadata.name) ?? "", readyStatus());
    }
    return pods.length;
  };
  for (const podsBefore of [5, 40]) {
    await until(async () => (await look()) >= podsBefore, { timeoutMs: 120_000, everyMs: 5 });
    const killing = await leader();
    killing.child.kill("SIGKILL");
    killed.add(killing);
  }
  const isOver = async () => {
    await look();
    const [row] = await world.db.query<{ open: number }>(
      "SELECT count(*) AS open FROM projects WHERE action_request ->> 'finished' IS NULL",
    );
    return row?.open === 0;
  };
  await until(isOver, { timeoutMs: 120_000, everyMs: 20 });
  expect(most).toEqual({ inLog: 25, inCluster: 25 });
  const ends = await world.db.query<{
    status: string;
    outcome: string;
    err: string | null;
    memory: number;
    count: number;
  }>(
    `SELECT site_license -> $1 ->> 'status' AS status, outcome, action_request ->> 'err' AS err, (run_quota -> 'memory_limit')::int AS memory,
       count(*) AS count
     FROM projects JOIN project_starts USING (project_id) GROUP BY 1, 2, 3, 4 ORDER BY 1`,
    [licenseId],
  );
  expect(ends).toEqual([
    { status: "active", outcome: "running", err: null, memory: 4_000, count: 25 },
    { status: "exhausted", outcome: "running", err: null, memory: 1_000, count: 75 },
  ]);
}, 400_000);
