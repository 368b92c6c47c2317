/** Starts whose node cannot set up the container: people are told soon, in words. */

import { expect, test } from "@jest/globals";
import { events } from "../../../src/kube/resources.ts";
import { testLives } from "../../helpers/life.ts";
import { until } from "../../helpers/until.ts";
import { World } from "./world.ts";

const newLife = testLives();

/** A project whose pod is on a node that cannot set up its container, and says so. */
async function openNotSetUp(env: Record<string, string> = {}) {
  const life = newLife();
  const world = await World.open(life);
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"], env);
  const spec = { nodeName: "node", containers: [{ name: "project", image: "x" }] };
  await world.putConfigMap("project-pod", { "project.json": JSON.stringify({ kind: "Pod", spec }) });
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  const { metadata } = await world.untilPod(projectId);
  const { name, uid = "" } = metadata;
  await world.kube.create(events, {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.1` },
    involvedObject: { kind: "Pod", name, uid },
    type: "Warning",
    reason: "FailedSync",
    message: "error determining status",
    lastTimestamp: new Date().toISOString(),
  });
  return { world, projectId };
}

test("what keeps a node from setting up a project was told to nobody for 900 s: it is told while the start waits", async () => {
  const { world, projectId } = await openNotSetUp();
  const told = await until(async () => (await world.row(projectId)).state?.error);
  expect(told).toMatch(/cannot set up the project's container/);
  const start = await until(async () => {
    const now = await world.start(projectId);
    return now?.reason === "setup_failed" && now;
  });
  expect(start).toMatchObject({ outcome: null, kubernetes_reason: "FailedSync: error determining status" });
});

test("a start ends after COCALC_START_SETUP_FAILURE_SECONDS, with the reason, where its node cannot set it up", async () => {
  const { world, projectId } = await openNotSetUp({ COCALC_START_SETUP_FAILURE_SECONDS: "1" });
  const { err } = await world.untilFinished(projectId);
  expect(err).toMatch(/cannot set up the project's container/);
  expect(await world.start(projectId)).toMatchObject({ outcome: "failed", reason: "setup_failed" });
});
