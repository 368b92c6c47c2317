/** Something of one project that manage-action cannot deal with, at a site that starts one at a time: it is told, and keeps nobody else waiting. */

import { expect, test } from "@jest/globals";
import { type Matches, openFaultyKube } from "../../helpers/faulty-kube.ts";
import { kubeconfigAt } from "../../helpers/kube.ts";
import { testLives } from "../../helpers/life.ts";
import { until } from "../../helpers/until.ts";
import { readyStatus, World, type WorldOptions } from "./world.ts";

const newLife = testLives();

const ONE_AT_A_TIME = { COCALC_STARTS_IN_FLIGHT: "1", COCALC_START_RESTARTS: "1" };

async function openWorld(options: WorldOptions = {}): Promise<World> {
  const life = newLife();
  const world = await World.open(life, { script: "exec sleep 600", ...options });
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"], ONE_AT_A_TIME);
  return world;
}

/** As an administrator makes them who writes SQL. */
async function createLicensed(world: World, quota: object): Promise<string> {
  const projectId = await world.createProject();
  await world.db.execute(
    `WITH license AS (INSERT INTO site_licenses (quota, activates) VALUES ($2, now()) RETURNING id)
     UPDATE projects SET site_license = jsonb_build_object((SELECT id FROM license)::text, '{}'::jsonb) WHERE project_id = $1`,
    [projectId, JSON.stringify(quota)],
  );
  return projectId;
}

/** Writes about this project fail as those do whose values PostgreSQL does not take, where `condition` holds of the row. */
async function refuseWrites(world: World, table: "projects" | "project_starts", condition: string): Promise<void> {
  await world.db.execute(
    `CREATE FUNCTION refuse_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF ${condition} THEN RAISE EXCEPTION 'a test wants it so' USING ERRCODE = '22P05'; END IF; RETURN NEW; END $$`,
  );
  await world.db.execute(
    `CREATE TRIGGER refuse_it BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION refuse_it()`,
  );
}

async function expectStarts(world: World): Promise<void> {
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  expect((await world.untilFinished(projectId)).err).toBeUndefined();
}

test("a licence whose patch adds a variable that is a number stopped all starts of the site: its own fails in words", async () => {
  const world = await openWorld();
  const operation = { op: "add", path: "/spec/containers/0/env/-", value: { name: "X", value: 5 } };
  const projectId = await createLicensed(world, { patch: JSON.stringify([operation]) });
  await world.ask(projectId, "start");
  expect((await world.untilFinished(projectId)).err).toMatch(/^A patch of the project's licences changes .*env/);
  expect(await world.start(projectId)).toMatchObject({ outcome: "failed", reason: "patch_refused" });
  await expectStarts(world);
});

test("a licence whose patch holds a NUL failed the starts of all that were recorded with it: its project starts without it", async () => {
  const world = await openWorld();
  const operation = { op: "add", path: "/spec/hostname", value: "\0" };
  const projectId = await createLicensed(world, { ram: 2, patch: JSON.stringify([operation]) });
  await world.ask(projectId, "start");
  expect((await world.untilFinished(projectId)).err).toBeUndefined();
  expect((await world.row(projectId)).run_quota).toMatchObject({ memory_limit: 2_000 });
  await expectStarts(world);
});

test("a start that cannot be recorded with what it may use fails in words, and gives its turn back", async () => {
  const world = await openWorld();
  const projectId = await world.createProject();
  await refuseWrites(world, "projects", `NEW.project_id = '${projectId}' AND NEW.run_quota IS NOT NULL`);
  await world.ask(projectId, "start");
  expect((await world.untilFinished(projectId)).err).toMatch(/keeps it from being started/);
  await expectStarts(world);
});

test("a start of which nothing at all can be written down keeps no turn", async () => {
  const world = await openWorld();
  const projectId = await world.createProject();
  await refuseWrites(world, "project_starts", `NEW.project_id = '${projectId}'`);
  await world.ask(projectId, "start");
  await expectStarts(world);
  await expectStarts(world);
  expect((await world.row(projectId)).action_request?.finished).toBeUndefined();
});

test("last words with a NUL in them made a start that never ended: it fails, and tells the rest of them", async () => {
  const script = "printf 'a\\0b \\033[31mred\\n'; exit 1";
  const neverReady = { readinessProbe: { exec: { command: ["false"] }, periodSeconds: 1 } };
  const world = await openWorld({ script, container: neverReady });
  const [first, second] = [await world.createProject(), await world.createProject()];
  for (const projectId of [first, second]) await world.ask(projectId, "start");
  for (const projectId of [first, second]) {
    expect((await world.untilFinished(projectId)).err).toMatch(/Its last words:\na b {2}\[31mred$/);
    expect(await world.start(projectId)).toMatchObject({ outcome: "failed", reason: "crashed" });
  }
});

test("starts whose containers run and hang kept their turns for three minutes: after a while others start", async () => {
  const life = newLife();
  const world = await World.open(life);
  const spec = { nodeName: "somewhere", containers: [{ name: "project", image: "x" }] };
  await world.putConfigMap("project-pod", { "project.json": JSON.stringify({ kind: "Pod", spec }) });
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"], ONE_AT_A_TIME);
  const [hanging, other] = [await world.createProject(), await world.createProject()];
  await world.ask(hanging, "start");
  await world.untilPod(hanging);
  await world.ask(other, "start");
  await until(async () => (await world.start(other))?.position === 1);
  const running = (sinceMs: number) => ({ state: { running: { startedAt: new Date(sinceMs).toISOString() } } });
  const container = { name: "project", ready: false, restartCount: 0 };
  const tell = (sinceMs: number) =>
    world.tell(hanging, { phase: "Running", containerStatuses: [{ ...container, ...running(sinceMs) }] });
  await tell(Date.now());
  await until(async () => (await world.start(hanging))?.phases.started !== undefined);
  expect(await world.pod(other)).toBeUndefined();
  await tell(Date.now() - 30_000);
  await world.untilPod(other);
  expect(await world.start(hanging)).toMatchObject({ outcome: null });
  await world.tell(hanging, readyStatus());
  expect((await world.untilFinished(hanging)).err).toBeUndefined();
});

test("a pod that something before the API server answers with 500 kept the only turn, and was tried, for ever: others start, and its start fails in words", async () => {
  const life = newLife();
  const world = await World.open(life, { script: "exec sleep 600" });
  const proxy = await openFaultyKube(life, world.env.KUBECONFIG ?? "");
  const env = {
    ...ONE_AT_A_TIME,
    COCALC_START_REFUSAL_SECONDS: "1",
    KUBECONFIG: await kubeconfigAt(life, world.env.KUBECONFIG ?? "", proxy.url),
  };
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"], env);
  const projectId = await world.createProject();
  await world.db.execute(
    "UPDATE projects SET env = jsonb_build_object('LONG', repeat('x', 30000)) WHERE project_id = $1",
    [projectId],
  );
  const isLong: Matches = ({ method, headers }) => method === "POST" && Number(headers["content-length"]) > 30_000;
  proxy.fail({ matches: isLong, status: 500 });
  await world.ask(projectId, "start");
  await until(() => proxy.count(isLong) > 0, { what: "its pod is refused" });
  const other = await world.createProject();
  await world.ask(other, "start");
  await world.untilState(other, "running", { timeoutMs: 90_000 }); // our client tries a request for half a minute
  const { err } = await world.untilFinished(projectId, { timeoutMs: 120_000 }); // and it is tried twice
  expect(err).toMatch(/^The cluster answers with an error whenever this project's pod is to be made/);
  expect(await world.start(projectId)).toMatchObject({ outcome: "failed", reason: "other" });
  proxy.heal();
  await world.ask(projectId, "start");
  await world.untilState(projectId, "running");
}, 300_000);
