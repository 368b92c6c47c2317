/** Outages on a real cluster: API server or database gone for a minute, leaders killed or frozen in the middle of work. Nothing asked for is lost. */
import { afterEach, expect, test } from "@jest/globals";
import { pods } from "../../src/kube/resources.ts";
import { until } from "../helpers/until.ts";
import { runScript, startProject } from "./person.ts";
import {
  allInState,
  inState,
  onceItCan,
  openTestWorld,
  podOf,
  projectRow,
  startEnded,
  testOnOwnCluster,
  throughout,
} from "./world.ts";

const OUTAGE_MS = 60_000;
const STARTS = 20;
const STARTS_MEANWHILE = 15;
const MANAGE_ROLES = ["manage-action", "manage-state", "manage-idle"];

const { world, ada } = await openTestWorld();
afterEach(wholeAgain, 150_000);

testOnOwnCluster("60 s without API server: what runs goes on, what is asked meanwhile is done afterwards", async () => {
  const [runs, stops, starts] = [await startProject(ada), await startProject(ada), await newProject("Later")];
  await Promise.all([inState(world, runs, "running"), inState(world, stops, "running")]);
  const before = await podOf(world, runs);
  await world.cluster?.pauseApiServer();
  try {
    await stop(stops);
    await start(starts);
    await throughout(OUTAGE_MS, async () => {
      expect(await runScript(ada, runs, "echo still here")).toBe("still here\n");
      expect((await projectRow(world, runs)).state?.state).toBe("running");
    });
  } finally {
    await world.cluster?.resumeApiServer();
  }
  await Promise.all([inState(world, stops, "opened"), inState(world, starts, "running")]);
  expect(await startEnded(world, starts)).toMatchObject({ outcome: "running" });
  expect(await podOf(world, stops)).toBeUndefined();
  // Kubernetes calls nodes unknown that could not report for so long, and their pods not Ready: until they report again.
  await inState(world, runs, "running");
  const after = await podOf(world, runs);
  expect(after?.metadata.uid).toBe(before?.metadata.uid);
  expect(after?.status?.containerStatuses?.[0]?.restartCount).toBe(0);
});

test("60 s without database: the pages say so, and what the cluster did meanwhile is in the rows afterwards", async () => {
  const [stays, vanishes] = [await startProject(ada), await startProject(ada)];
  await Promise.all([inState(world, stays, "running"), inState(world, vanishes, "running")]);
  const name = (await podOf(world, vanishes))?.metadata.name ?? "";
  await scaleDatabase(0);
  try {
    await world.kubectl(["delete", "pod", "-n", world.target.site.namespace, name, "--wait=false"]);
    await throughout(OUTAGE_MS, async () => {
      const page = await ada.fetch("/");
      expect(page.headers.get("content-type")).toMatch(/html/);
    });
  } finally {
    await scaleDatabase(1);
  }
  await wholeAgain();
  await inState(world, vanishes, "opened");
  expect((await projectRow(world, stays)).state?.state).toBe("running");
  const later = await newProject("Later");
  await start(later);
  await inState(world, later, "running");
});

test(`manage-action and manage-state killed in the middle of ${STARTS} starts: every one comes to its end, none doubled`, async () => {
  const projectIds: string[] = [];
  for (let i = 0; i < STARTS; i += 1) projectIds.push(await newProject(`One of many ${i}`));
  for (const projectId of projectIds) await start(projectId);
  for (const role of ["manage-action", "manage-state", "manage-action", "manage-state"]) {
    await someOf(projectIds);
    await killAll(role);
  }
  await allInState(world, projectIds, "running", 600_000);
  const ends = await Promise.all(projectIds.map((projectId) => startEnded(world, projectId)));
  expect(ends.filter(({ outcome }) => outcome === "running")).toHaveLength(STARTS);
  expect(await podsOf(projectIds)).toBe(STARTS);
  for (const projectId of projectIds) await stop(projectId);
  await allInState(world, projectIds, "opened", 300_000);
  await until(async () => (await podsOf(projectIds)) === 0, { timeoutMs: 120_000, everyMs: 500 });
}, 900_000);

testOnOwnCluster(
  "the leaders of all manage roles frozen for 60 s during starts: the replicas lead, no start is lost or doubled",
  async () => {
    const projectIds: string[] = [];
    for (let i = 0; i < STARTS_MEANWHILE; i += 1) projectIds.push(await newProject(`One of some ${i}`));
    for (const projectId of projectIds) await start(projectId);
    await someOf(projectIds);
    const before = await epochs();
    const uids = await Promise.all(MANAGE_ROLES.map(leaderUid));
    await Promise.all(uids.map((uid) => world.cluster?.freezePod(uid)));
    try {
      const asked = await newProject("Asked for meanwhile");
      await start(asked);
      projectIds.push(asked);
      await throughout(OUTAGE_MS, async () => {
        expect((await ada.fetch("/")).status).toBe(200);
      });
      await allInState(world, projectIds, "running", 180_000);
      for (const [at, epoch] of (await epochs()).entries()) expect(epoch).toBeGreaterThan(before[at] ?? 0);
    } finally {
      await Promise.all(uids.map((uid) => world.cluster?.thawPod(uid)));
    }
    const elected = await epochs();
    await wholeAgain();
    expect(await epochs()).toEqual(elected);
    const ends = await Promise.all(projectIds.map((projectId) => startEnded(world, projectId)));
    expect(ends.map(({ outcome }) => outcome)).toEqual(projectIds.map(() => "running"));
    expect(await podsOf(projectIds)).toBe(projectIds.length);
    for (const projectId of projectIds) await stop(projectId);
    await allInState(world, projectIds, "opened", 180_000);
  },
  600_000,
);

async function newProject(title: string): Promise<string> {
  return (await onceItCan(() => ada.call("projects/create", { title }))).project_id;
}

async function start(project_id: string): Promise<void> {
  await onceItCan(() => ada.call("projects/start", { project_id }));
}

async function stop(project_id: string): Promise<void> {
  await onceItCan(() => ada.call("projects/stop", { project_id }));
}

/** How many pods these projects have, doubles counted. */
async function podsOf(projectIds: string[]): Promise<number> {
  const { items } = await world.kube.list(pods, { labelSelector: "run=project" });
  return items.filter(({ metadata }) => projectIds.includes(metadata.labels?.project_id ?? "")).length;
}

/** Waits until a few more of the starts have a pod. */
async function someOf(projectIds: string[]): Promise<void> {
  const enough = Math.min((await podsOf(projectIds)) + 5, projectIds.length);
  await until(async () => (await podsOf(projectIds)) >= enough, { timeoutMs: 120_000, everyMs: 500 });
}

/** The current terms, in the order of MANAGE_ROLES. */
async function epochs(): Promise<number[]> {
  const sql = "SELECT name, epoch FROM leaders";
  const rows = await onceItCan(() => world.db.query<{ name: string; epoch: number }>(sql));
  return MANAGE_ROLES.map((role) => rows.find(({ name }) => name === role)?.epoch ?? 0);
}

/** The uid of the pod that leads: its connection holds the lock of the role. */
async function leaderUid(role: string): Promise<string> {
  const sql = `SELECT host(client_addr) AS ip FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE locktype = 'advisory' AND granted AND mode = 'ExclusiveLock'
       AND classid::bigint << 32 | objid::bigint = hashtextextended($1, 0)`;
  const [holder] = await onceItCan(() => world.db.query<{ ip: string }>(sql, [role]));
  const { items } = await world.kube.list(pods, { labelSelector: `app=${role}` });
  const leader = items.find(({ status }) => status?.podIP === holder?.ip);
  if (leader === undefined) throw new Error(`No pod of ${role} is at ${holder?.ip}, which holds its lock.`);
  return leader.metadata.uid ?? "";
}

/** Kills all pods of a role, as a node that vanishes would: no signal that could be heeded. */
async function killAll(role: string): Promise<void> {
  const { namespace } = world.target.site;
  await world.kubectl([
    "delete",
    "pod",
    "-n",
    namespace,
    "-l",
    `app=${role}`,
    "--grace-period=0",
    "--force",
    "--wait=false",
  ]);
}

/**
 * Waits until what was hurt is whole again: every Deployment has its pods, and both we and the hubs reach the database.
 * Kubernetes itself takes a while to call nodes Ready again that it had lost, and Services to know their pods.
 */
async function wholeAgain(): Promise<void> {
  await until(
    async () => {
      const ours = await world.db.query("SELECT 1").catch(() => undefined);
      const hubs = await ada.fetch("/healthcheck").catch(() => undefined);
      return ours !== undefined && hubs?.ok === true && (await allAvailable());
    },
    { timeoutMs: 120_000, everyMs: 500 },
  );
}

async function allAvailable(): Promise<boolean> {
  const counts = "{range .items[*]}{.spec.replicas}={.status.readyReplicas} {end}";
  const said = await world.kubectl([
    "get",
    "deployments",
    "-n",
    world.target.site.namespace,
    "-o",
    `jsonpath=${counts}`,
  ]);
  return said
    .trim()
    .split(" ")
    .every((pair) => pair.split("=")[0] === pair.split("=")[1]);
}

async function scaleDatabase(replicas: number): Promise<void> {
  const { namespace } = world.target.site;
  await world.kubectl(["scale", "-n", namespace, "deployment/postgres", `--replicas=${replicas}`]);
  const wanted = replicas === 0 ? "delete" : "jsonpath={.status.readyReplicas}=1";
  const what = replicas === 0 ? ["pod", "-l", "app=postgres"] : ["deployment/postgres"];
  await world.kubectl(["wait", "-n", namespace, ...what, `--for=${wanted}`, "--timeout=90s"]);
}
