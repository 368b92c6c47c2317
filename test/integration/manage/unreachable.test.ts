/** What becomes of projects while the API server has not been reached since the roles started. */

import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { manageStateConfig } from "../../../roles/manage-state/config.ts";
import { openStateMetrics } from "../../../roles/manage-state/metrics.ts";
import { StateMirror } from "../../../roles/manage-state/mirror.ts";
import { readConfig } from "../../../src/core/config.ts";
import type { Life } from "../../../src/core/life.ts";
import { openMetrics } from "../../../src/core/metrics.ts";
import { PodEvents } from "../../../src/domain/project-pods/pod-events.ts";
import { ProjectPods } from "../../../src/domain/project-pods/project-pods.ts";
import { openProjectServers } from "../../../src/domain/project-servers/project-servers.ts";
import { requestAction } from "../../../src/domain/projects/action-request.ts";
import { openKubeTcpProxy, openTestKube } from "../../helpers/kube.ts";
import { leaderOf } from "../../helpers/leader.ts";
import { testLives } from "../../helpers/life.ts";
import { testLog } from "../../helpers/log.ts";
import { until } from "../../helpers/until.ts";
import { readyStatus, World } from "./world.ts";

const newLife = testLives();

/** A world, and manage-action on a way to its API server that is down. */
async function openCutOff(life: Life) {
  const world = await World.open(life);
  const { proxy, kubeconfig } = await openKubeTcpProxy(life, world.env.KUBECONFIG ?? "");
  await proxy.down();
  const start = (env: Record<string, string> = {}) =>
    world.startRoles(life.child("manage"), ["manage-action"], { ...env, KUBECONFIG: kubeconfig });
  return { world, proxy, start };
}

test("a start that is asked for before the API server was ever reached says why it waits, can be cancelled, and goes on by itself", async () => {
  const { world, proxy, start } = await openCutOff(newLife());
  await start();
  const [projectId, cancelled] = [await world.createProject(), await world.createProject()];
  for (const id of [projectId, cancelled]) {
    await world.ask(id, "start");
    await until(async () => (await world.start(id))?.reason === "cluster_unavailable");
    const message = expect.stringMatching(/cluster does not answer/);
    expect(await world.start(id)).toMatchObject({ outcome: null, message });
    expect((await world.row(id)).action_request).toMatchObject({ started: expect.any(String) });
  }
  await world.ask(cancelled, "stop");
  await until(async () => (await world.start(cancelled))?.outcome === "cancelled");
  expect((await world.row(cancelled)).action_request?.finished).toBeUndefined(); // a pod may be there
  await proxy.up();
  await world.untilPod(projectId);
  await world.tell(projectId, readyStatus());
  expect((await world.untilFinished(projectId)).err).toBeUndefined();
  expect((await world.untilFinished(cancelled)).err).toBeUndefined();
  expect(await world.start(projectId)).toMatchObject({ outcome: "running" });
});

test("a project whose pod nobody could look at yet is not failed, so that its pod stays behind", async () => {
  const life = newLife();
  const { world, proxy, start } = await openCutOff(life);
  const first = life.child("first");
  await world.startRoles(first, ["manage-action"]);
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  await world.untilPod(projectId);
  await first.stop();
  await world.db.execute("UPDATE project_starts SET give_up = 'no_room'");
  await start();
  const other = await world.createProject();
  await world.ask(other, "start");
  await until(async () => (await world.start(other))?.reason === "cluster_unavailable");
  expect((await world.row(projectId)).action_request?.finished).toBeUndefined();
  await proxy.up();
  expect((await world.untilFinished(projectId)).err).toMatch(/waited too long/);
  expect(await world.pod(projectId)).toBeUndefined();
});

test("a start that is stopped before it could be recorded keeps no place, though no notification comes", async () => {
  const { world, proxy, start } = await openCutOff(newLife());
  const [first, second] = [await world.createProject(), await world.createProject()];
  await world.db.execute("ALTER TABLE projects DISABLE TRIGGER projects_action_request_update");
  await world.ask(first, "start");
  await world.db.transaction(async (tx) => {
    await tx.query("SELECT FROM projects WHERE project_id = $1 FOR UPDATE", [first]); // its start waits to be recorded
    await start({ COCALC_STARTS_IN_FLIGHT: "1", COCALC_MANAGE_SWEEP_SECONDS: "1" });
    await world.untilBlocked();
    await world.ask(second, "start");
    await until(async () => (await world.start(second))?.reason === "queued");
    await requestAction(tx, { projectId: first, action: "stop" });
  });
  await proxy.up();
  await world.untilFinished(first);
  await world.untilPod(second);
});

test("projects that run are not said to be stopped while the API server has not been reached", async () => {
  const life = newLife();
  const { db, env } = await World.open(life);
  const { proxy, kubeconfig } = await openKubeTcpProxy(life, env.KUBECONFIG ?? "");
  await proxy.down();
  const projectId = randomUUID();
  await db.execute(`INSERT INTO projects (project_id, state) VALUES ($1, '{"state":"running"}')`, [projectId]);
  await db.execute("INSERT INTO leaders (name, epoch, since) VALUES ('manage-state', 1, now())");
  const kube = await openTestKube(life, { kubeconfig, namespace: "test" });
  const pods = new ProjectPods(life, kube, { onChange: () => {} });
  const config = readConfig(manageStateConfig, {});
  const servers = await openProjectServers(life, db, config);
  /** Compares everything, and waits for what came of it. */
  const compare = async () => {
    const term = life.child("term");
    const mirror = new StateMirror(term, {
      db,
      log: testLog(),
      leader: leaderOf(db, "manage-state", 1),
      config,
      servers,
      metrics: openStateMetrics(openMetrics({ defaults: false })),
      pods,
      events: new PodEvents(life, kube, () => {}),
    });
    await mirror.compare();
    expect(await term.stop()).toEqual([]);
    const [row] = await db.query<{ state: string }>("SELECT state ->> 'state' AS state FROM projects");
    return row?.state;
  };
  expect(await compare()).toBe("running");
  await proxy.up();
  await pods.synced;
  expect(await compare()).toBe("opened");
});

test("a leader that alone does not reach the API server lets the other replica lead, which serves; nobody is to be restarted", async () => {
  const life = newLife();
  const { world, proxy, start } = await openCutOff(life);
  await proxy.up();
  const quick = { COCALC_KUBE_PATIENCE_SECONDS: "1", COCALC_KUBE_CALL_DEADLINE_SECONDS: "2" };
  const { admin } = await start(quick);
  const leaders = () => world.db.query<{ epoch: number }>("SELECT epoch FROM leaders WHERE name = 'manage-action'");
  await until(async () => (await leaders()).length === 1);
  const well = await (await fetch(`${admin.origin}/readyz`)).text();
  expect(well).toMatch(/^ready\nKubernetes: the cache of .* was confirmed \d+ s ago/);
  await world.startRoles(life.child("replica"), ["manage-action"], quick);
  await proxy.fault("freeze", Math.random);
  await until(async () => (await leaders())[0]?.epoch === 2);
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  await world.untilPod(projectId);
  expect((await fetch(`${admin.origin}/livez`)).status).toBe(200);
});
