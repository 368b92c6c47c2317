/** Many requests at once, requests that overtake one another, and leaders that die: everything asked for comes to a truthful end. */

import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Case, Tools } from "../../../roles/manage-action/case.ts";
import { failStart } from "../../../roles/manage-action/fail-start.ts";
import { openActionMetrics } from "../../../roles/manage-action/metrics.ts";
import { Refusals } from "../../../roles/manage-action/refusals.ts";
import { openMetrics } from "../../../src/core/metrics.ts";
import { podName, projectIdOf } from "../../../src/domain/project-pods/identity.ts";
import { ProjectPods } from "../../../src/domain/project-pods/project-pods.ts";
import { recordStarts } from "../../../src/domain/starts/begin.ts";
import { finishRequest } from "../../../src/domain/starts/end.ts";
import { pods } from "../../../src/kube/resources.ts";
import type { ProjectAction } from "../../../src/protocol/project.ts";
import { startCli } from "../../helpers/cli.ts";
import { leaderOf } from "../../helpers/leader.ts";
import { testLives } from "../../helpers/life.ts";
import { keptLog } from "../../helpers/log.ts";
import { asOwner } from "../../helpers/postgres.ts";
import { until } from "../../helpers/until.ts";
import { readyStatus, World } from "./world.ts";

const newLife = testLives();
const FOREVER = "exec sleep 600";

/** Many projects, and a request for each, in one statement. */
async function askForAll(world: World, count: number, action: ProjectAction = "start"): Promise<string[]> {
  const rows = await world.db.query<{ project_id: string }>(
    `INSERT INTO projects (project_id, title, users, action_request)
     SELECT gen_random_uuid(), 'Test', jsonb_build_object(gen_random_uuid(), '{"group":"owner"}'::jsonb),
       jsonb_build_object('action', $2::text, 'time', to_char(clock_timestamp(), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
     FROM generate_series(1, $1) RETURNING project_id`,
    [count, action],
  );
  return rows.map(({ project_id }) => project_id);
}

/** Makes ready whatever pod is made, as a kubelet would, until no request is open; the uids of the pods. */
async function untilAllFinished(world: World): Promise<Set<string>> {
  const ready = new Set<string>();
  const finished = async () => {
    for (const { metadata, status } of await world.allPods()) {
      if (status?.phase === "Pending") await world.tell(projectIdOf(metadata.name) ?? "", readyStatus());
      ready.add(metadata.uid ?? "");
    }
    const [row] = await world.db.query<{ open: number }>(
      "SELECT count(*) AS open FROM projects WHERE action_request ->> 'finished' IS NULL",
    );
    return row?.open === 0;
  };
  await until(finished, { timeoutMs: 60_000, everyMs: 50 });
  return ready;
}

test("a start for which the last place becomes free while it is being queued has its turn at once", async () => {
  const life = newLife();
  const world = await World.open(life);
  const { metrics } = await world.startRoles(life, ["manage-action"], { COCALC_STARTS_IN_FLIGHT: "1" });
  const [first, second] = [await world.createProject(), await world.createProject()];
  await world.ask(first, "start");
  await world.untilPod(first);
  await world.db.transaction(async (tx) => {
    // Whoever records a start of the second project waits for the end of this transaction.
    const sql = "INSERT INTO project_starts (project_id, request_time, requested) VALUES ($1, '', '2030-01-01')";
    await tx.execute(sql, [second]);
    await world.ask(second, "start");
    await world.untilBlocked();
    await world.tell(first, readyStatus());
    await until(async () => /^cocalc_starts_in_flight 0$/m.test(await metrics.metrics()));
    await tx.execute("DELETE FROM project_starts WHERE project_id = $1", [second]);
  });
  await world.untilPod(second);
});

test("1,000 requests at once become 1,000 pods: none is lost, none doubled", async () => {
  const life = newLife();
  const world = await World.open(life);
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"], { COCALC_STARTS_IN_FLIGHT: "1000" });
  const projects = await askForAll(world, 1_000);
  await until(async () => (await world.allPods()).length >= 1_000, { timeoutMs: 60_000, everyMs: 200 });
  const made = (await world.allPods()).map(({ metadata }) => projectIdOf(metadata.name));
  expect(made.sort()).toEqual([...projects].sort());
  await until(async () => {
    const [row] = await world.db.query<{ starts: number; applied: number; pending: number }>(
      `SELECT (SELECT count(*) FROM project_starts) AS starts, (SELECT count(*) FROM project_starts WHERE applied IS NOT NULL) AS applied,
         (SELECT count(*) FROM projects WHERE state ->> 'state' = 'pending') AS pending`,
    );
    return row?.starts === 1_000 && row.applied === 1_000 && row.pending === 1_000;
  });
}, 300_000);

test("the leader is killed in the middle of 50 starts: the other takes up all of them", async () => {
  const life = newLife();
  const world = await World.open(life);
  // Neither process is in UTC, and nobody may notice.
  const env = { ...world.env, COCALC_STARTS_IN_FLIGHT: "20" };
  const started = ["Pacific/Auckland", "America/Caracas"].map((TZ) =>
    startCli(life, ["--role=manage-action,manage-state"], { ...env, TZ }),
  );
  const leads = (process: (typeof started)[number]) => process.output().stderr.includes('"serving requests"');
  const leader = await until(() => started.find(leads), { what: "one of them leads" });
  const projects = await askForAll(world, 50);
  await until(async () => (await world.allPods()).length >= 10, { everyMs: 5 });
  leader.child.kill("SIGKILL");
  const ready = await untilAllFinished(world);
  expect(ready.size).toBe(50);
  expect(started.filter(leads)).toHaveLength(2);
  const starts = await world.db.query<{ project_id: string; outcome: string; late: boolean }>(
    "SELECT project_id, outcome, abs(extract(epoch FROM applied - requested)) > 60 AS late FROM project_starts",
  );
  expect(new Set(starts.map(({ project_id }) => project_id))).toEqual(new Set(projects));
  expect(starts.every(({ outcome, late }) => outcome === "running" && !late)).toBe(true);
  const requests = await world.db.query<{ err: string | null }>("SELECT action_request ->> 'err' AS err FROM projects");
  expect(requests.every(({ err }) => err === null)).toBe(true);
}, 300_000);

test("what a deposed leader writes is refused", async () => {
  const life = newLife();
  const world = await World.open(life);
  const { db } = world;
  const projectId = await world.createProject();
  const { time } = await world.ask(projectId, "start");
  await db.execute("INSERT INTO leaders (name, epoch, since) VALUES ('manage-action', 2, now())");
  const deposed = leaderOf(db, "manage-action", 1);
  const before = await world.row(projectId);
  const facts = { projectId, requestTime: time, requested: new Date() };
  const start = { ...facts, ownerId: null, licenseId: null, ticket: null, quota: null, licenses: null };
  expect(await recordStarts(deposed, [{ ...start, queued: false }])).toEqual([undefined]);
  expect(await finishRequest(deposed, { projectId, requestTime: time })).toMatchObject({ served: false });
  expect(await world.row(projectId)).toEqual(before);
  const leader = leaderOf(db, "manage-action", 2);
  expect(await recordStarts(leader, [{ ...start, queued: false }])).toEqual([expect.any(Number)]);
  expect(await finishRequest(leader, { projectId, requestTime: "another time" })).toMatchObject({ served: false });
  expect(await finishRequest(leader, { projectId, requestTime: time })).toMatchObject({ served: true });
});

test("a failed start is neither counted nor logged by a leader whose write was refused", async () => {
  const life = newLife();
  const { db, kube } = await World.open(life);
  const pods = new ProjectPods(life, kube, { onChange: () => {} });
  await pods.synced;
  const projectId = randomUUID();
  const time = new Date().toISOString();
  await db.execute("INSERT INTO projects (project_id, action_request) VALUES ($1, $2)", [
    projectId,
    JSON.stringify({ action: "start", time }),
  ]);
  await db.execute("INSERT INTO leaders (name, epoch, since) VALUES ('manage-action', 1, now())");
  const leader = leaderOf(db, "manage-action", 1);
  const facts = { projectId, requestTime: time, requested: new Date() };
  const start = { ...facts, ownerId: null, licenseId: null, ticket: null, quota: null, licenses: null };
  const [ticket = 0] = await recordStarts(leader, [{ ...start, queued: false }]);
  const metrics = openMetrics({ defaults: false });
  const { log, lines } = keptLog();
  const counts = openActionMetrics(metrics);
  const tools = { db, log, leader, pods, metrics: counts, refusals: new Refusals(), giveBackTurn: () => {} };
  const one = { projectId, start: { ticket, requestTime: time, giveUp: null }, row: {}, request: { kind: "none" } };
  const fail = () =>
    // All that it looks at: there is no pod.
    failStart(tools as unknown as Tools, one as unknown as Case, {
      reason: "deadline",
      message: "",
      kubernetesReason: null,
    });
  const counted = async () =>
    /cocalc_project_starts_total\{outcome="failed",reason="deadline"\} (\d+)/.exec(await metrics.metrics())?.[1];
  await db.execute("UPDATE leaders SET epoch = 2");
  await fail();
  expect([await counted(), lines]).toEqual([undefined, []]);
  tools.leader = leaderOf(db, "manage-action", 2);
  await fail();
  await fail(); // it is over already
  expect([await counted(), lines]).toMatchObject(["1", [{ message: "a start failed" }]]);
});

test("a stop that comes while a start is under way wins", async () => {
  const life = newLife();
  const world = await World.open(life);
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"]);
  const projects = await Promise.all(Array.from({ length: 20 }, () => world.createProject()));
  await Promise.all(
    projects.map(async (projectId, index) => {
      await world.ask(projectId, "start");
      if (index % 2 === 0) await world.untilPod(projectId);
      await world.ask(projectId, "stop");
    }),
  );
  await Promise.all(projects.map((projectId) => world.untilFinished(projectId)));
  expect(await world.allPods()).toEqual([]);
  for (const projectId of projects) {
    const { state } = await until(async () => {
      const row = await world.row(projectId);
      return (row.state === null || row.state.state === "opened") && row;
    });
    expect(state?.state ?? "opened").toBe("opened");
    const start = await world.start(projectId);
    if (start !== undefined) expect(start).toMatchObject({ outcome: "cancelled", reason: "cancelled" });
  }
});

test("storms of starts, stops and restarts, and pods deleted behind our back, end as the last request says", async () => {
  const life = newLife();
  const world = await World.open(life, { script: FOREVER });
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"]);
  const act = fc.constantFrom("start" as const, "stop" as const, "restart" as const, "delete" as const);
  const wait = fc.nat(60);
  const storms = fc.sample(fc.array(fc.tuple(act, wait), { minLength: 3, maxLength: 8 }), { numRuns: 6, seed: 42 });
  const ends = await Promise.all(
    storms.map(async (storm) => {
      const projectId = await world.createProject();
      for (const [action, waitMs] of storm) {
        if (action === "delete") await world.kube.delete(pods, podName(projectId), { gracePeriodSeconds: 0 });
        else await world.ask(projectId, action);
        await pause(waitMs); // when the next one comes is the storm's own choice
      }
      const last = storm.length % 2 === 0 ? "start" : "stop";
      await world.ask(projectId, last);
      return { projectId, last };
    }),
  );
  for (const { projectId, last } of ends) {
    const { err } = await world.untilFinished(projectId);
    expect(err).toBeUndefined();
    if (last === "start") await world.untilState(projectId, "running");
    // A project that was stopped before it ever had a pod has no state at all.
    else await until(async () => ["opened", undefined].includes((await world.row(projectId)).state?.state));
    expect((await world.pod(projectId)) !== undefined).toBe(last === "start");
  }
  const open = await world.db.query("SELECT FROM project_starts WHERE outcome IS NULL");
  expect(open).toEqual([]);
}, 300_000);

test("every database connection is ended during 30 starts: all of them come to their end", async () => {
  const life = newLife();
  const world = await World.open(life);
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"], { COCALC_MANAGE_CONCURRENCY: "4" });
  await askForAll(world, 15);
  for (let round = 0; round < 3; round += 1) {
    await until(async () => (await world.allPods()).length > round * 3, { everyMs: 5 });
    await asOwner(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${world.db.config.database}' AND application_name LIKE 'cocalc-k8s %'`,
    );
  }
  await askForAll(world, 15);
  expect((await untilAllFinished(world)).size).toBe(30);
  const wrong = await world.db.query(
    "SELECT project_id FROM projects WHERE action_request ->> 'err' IS NOT NULL UNION SELECT project_id FROM project_starts WHERE outcome <> 'running'",
  );
  expect(wrong).toEqual([]);
}, 300_000);

test("rows that say running without a pod, and pods whose row says otherwise, are put right at start", async () => {
  const life = newLife();
  const world = await World.open(life);
  const write = (projectId: string, state: string) =>
    world.db.execute("UPDATE projects SET state = $2 WHERE project_id = $1", [
      projectId,
      JSON.stringify({ state, time: new Date().toISOString() }),
    ]);
  const gone = await world.createProject();
  await write(gone, "running");
  const archived = await world.createProject();
  await write(archived, "archived");
  const never = await world.createProject();
  const hidden = await world.createProject();
  await world.ask(hidden, "start");
  const first = life.child("first");
  await world.startRoles(first, ["manage-action"]);
  await world.untilPod(hidden);
  await world.tell(hidden, readyStatus());
  await world.untilFinished(hidden);
  await write(hidden, "opened");
  await world.startRoles(life.child("second"), ["manage-state"]);
  await world.untilState(gone, "opened");
  // This pod is on no node, whatever its conditions say.
  await until(async () => (await world.row(hidden)).state?.state === "pending");
  expect((await world.row(archived)).state?.state).toBe("archived");
  expect((await world.row(never)).state).toBeNull();
});

test("comparing everything leaves alone the starts of projects that go on running", async () => {
  const life = newLife();
  const world = await World.open(life);
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"], {
    COCALC_STATE_COMPARE_SECONDS: "1",
  });
  const running = await world.createProject();
  await world.ask(running, "start");
  await world.untilPod(running);
  await world.tell(running, readyStatus());
  await until(async () => (await world.start(running))?.phases.ready);
  await world.db.execute("UPDATE project_starts SET ready = NULL"); // who writes about it again would put it back
  for (let comparison = 0; comparison < 2; comparison += 1) {
    const gone = await world.createProject();
    await world.db.execute(`UPDATE projects SET state = '{"state":"running"}' WHERE project_id = $1`, [gone]);
    await world.untilState(gone, "opened");
  }
  expect((await world.start(running))?.phases.ready).toBeUndefined();
});

test("a pod that an older leader made after a stop had been served is taken away", async () => {
  const life = newLife();
  const world = await World.open(life);
  await world.startRoles(life.child("manage"), ["manage-action"]);
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  const { apiVersion, kind, metadata, spec } = await world.untilPod(projectId);
  await world.ask(projectId, "stop");
  await world.untilFinished(projectId);
  expect(await world.pod(projectId)).toBeUndefined();
  const { name, labels = {}, annotations = {} } = metadata;
  await world.kube.create(pods, { apiVersion, kind, metadata: { name, labels, annotations }, spec });
  await until(async () => (await world.pod(projectId)) === undefined);
});

test("a pod of a stopped project that came while nobody led is found at start", async () => {
  const life = newLife();
  const world = await World.open(life);
  const projectId = await world.createProject();
  await world.ask(projectId, "stop");
  const first = life.child("first");
  await world.startRoles(first, ["manage-action"]);
  await world.untilFinished(projectId);
  await first.stop();
  const labels = { run: "project", project_id: projectId, "app.kubernetes.io/managed-by": "cocalc-k8s" };
  const metadata = { name: podName(projectId), labels };
  const spec = { containers: [{ name: "project", image: "x" }] };
  await world.kube.create(pods, { apiVersion: "v1", kind: "Pod", metadata, spec });
  await world.startRoles(life.child("second"), ["manage-action"]);
  await until(async () => (await world.pod(projectId)) === undefined);
});

test("a project whose row is removed during its start gives its place to the next, and its pod goes", async () => {
  const life = newLife();
  const world = await World.open(life, { script: FOREVER, container: { readinessProbe: NEVER_READY } });
  const env = { COCALC_STARTS_IN_FLIGHT: "1", COCALC_ORPHAN_SECONDS: "1" };
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"], env);
  const removed = await world.createProject();
  const next = await world.createProject();
  await world.ask(removed, "start");
  await world.untilState(removed, "starting"); // on a node: it holds its place
  await world.ask(next, "start");
  await until(async () => (await world.start(next))?.position === 1);
  await world.db.execute("DELETE FROM projects WHERE project_id = $1", [removed]);
  await world.untilPod(next);
  await until(async () => (await world.pod(removed)) === undefined);
  expect(await world.start(removed)).toMatchObject({ outcome: "cancelled", reason: "project_deleted" });
});

test("a pod whose project is not in the database is found at start", async () => {
  const life = newLife();
  const world = await World.open(life);
  const first = life.child("first");
  await world.startRoles(first, ["manage-action"]);
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  await world.untilPod(projectId);
  await first.stop();
  await world.db.execute("DELETE FROM projects WHERE project_id = $1", [projectId]);
  await world.startRoles(life.child("second"), ["manage-action"], { COCALC_ORPHAN_SECONDS: "1" });
  await until(async () => (await world.pod(projectId)) === undefined);
});

test("the queue takes turns between owners and tells the position", async () => {
  const life = newLife();
  const world = await World.open(life, { script: FOREVER, container: { readinessProbe: NEVER_READY } });
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"], { COCALC_STARTS_IN_FLIGHT: "1" });
  const [greedy, modest] = [randomUUID(), randomUUID()];
  const mine: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    const projectId = await world.createProject(greedy);
    mine.push(projectId);
    await world.ask(projectId, "start");
    await until(async () => {
      const start = await world.start(projectId);
      return start?.phases.applied !== undefined || (start?.position ?? null) !== null;
    });
  }
  const theirs = await world.createProject(modest);
  await world.ask(theirs, "start");
  await until(async () => (await world.start(theirs))?.position === 1);
  expect((await world.start(mine[1] ?? ""))?.position).toBe(2);
  expect((await world.start(mine[2] ?? ""))?.position).toBe(3);
  expect(await world.start(theirs)).toMatchObject({ reason: "queued" });
  await world.ask(mine[0] ?? "", "stop");
  await world.untilPod(theirs);
  expect(await world.pod(mine[1] ?? "")).toBeUndefined();
  await world.ask(mine[2] ?? "", "stop");
  await world.untilFinished(mine[2] ?? "");
  expect(await world.start(mine[2] ?? "")).toMatchObject({ outcome: "cancelled", position: null });
});

const NEVER_READY = { exec: { command: ["false"] }, periodSeconds: 1 };
