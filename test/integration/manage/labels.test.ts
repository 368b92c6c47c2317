/** Pods of projects whose labels somebody changed: our watch does not see them any more, and nobody may take them for gone, or for running. */

import { expect, test } from "@jest/globals";
import { OWNER_LABEL, podName } from "../../../src/domain/project-pods/identity.ts";
import { pods } from "../../../src/kube/resources.ts";
import { testLives } from "../../helpers/life.ts";
import { until } from "../../helpers/until.ts";
import { World } from "./world.ts";

const newLife = testLives();

/** A project that runs, and the label taken from its pod. */
async function openUnlabelled(label: string) {
  const life = newLife();
  const world = await World.open(life, { script: "exec sleep 600" });
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"]);
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  await world.untilFinished(projectId);
  await world.untilState(projectId, "running");
  const before = await world.untilPod(projectId);
  await world.kube.patch(pods, podName(projectId), { metadata: { labels: { [label]: null } } });
  return { world, projectId, uid: before.metadata.uid };
}

const LABELS = ["run", "project_id", OWNER_LABEL];

test.each(LABELS)(
  "a pod without the label %s: that it cannot be reached is said, and a stop takes it away",
  async (label) => {
    const { world, projectId, uid } = await openUnlabelled(label);
    const { error } = await world.untilState(projectId, "opened");
    expect(error).toMatch(/lost the labels by which it is known/);
    expect((await world.pod(projectId))?.metadata.uid).toBe(uid);
    await world.ask(projectId, "stop");
    expect((await world.untilFinished(projectId)).err).toBeUndefined();
    expect(await world.pod(projectId)).toBeUndefined();
    await until(async () => (await world.untilState(projectId, "opened")).error === undefined, {
      what: "nothing is said any more of the pod that is gone",
    });
  },
  300_000,
);

test.each(LABELS)(
  "a pod without the label %s was adopted by the next start: another one takes its place",
  async (label) => {
    const { world, projectId, uid } = await openUnlabelled(label);
    await world.untilState(projectId, "opened"); // the watch has told of it
    await world.ask(projectId, "start");
    expect((await world.untilFinished(projectId)).err).toBeUndefined();
    const { ip } = await world.untilState(projectId, "running");
    const now = await world.untilPod(projectId);
    expect(now.metadata.uid).not.toBe(uid);
    expect(now.status?.podIP).toBe(ip);
  },
  300_000,
);

test("a pod that is given its labels back is the project's again", async () => {
  const { world, projectId } = await openUnlabelled("run");
  await world.untilState(projectId, "opened");
  await world.kube.patch(pods, podName(projectId), { metadata: { labels: { run: "project" } } });
  expect((await world.untilState(projectId, "running")).error).toBeUndefined();
}, 300_000);

test.each(["start", "stop"] as const)(
  "a pod of a project's name that we did not make is said at a %s, and left alone",
  async (action) => {
    const life = newLife();
    const world = await World.open(life);
    await world.startRoles(life.child("manage"), ["manage-action", "manage-state"]);
    const projectId = await world.createProject();
    const metadata = { name: podName(projectId), labels: { run: "project" } };
    const spec = { containers: [{ name: "project", image: "x" }] };
    const { metadata: made } = await world.kube.create(pods, { apiVersion: "v1", kind: "Pod", metadata, spec });
    await world.ask(projectId, action);
    expect((await world.untilFinished(projectId)).err).toMatch(/does not belong to this project, so it is left alone/);
    await until(async () => (await world.pod(projectId))?.metadata.uid === made.uid);
    expect((await world.pod(projectId))?.metadata.deletionTimestamp).toBeUndefined();
  },
);
