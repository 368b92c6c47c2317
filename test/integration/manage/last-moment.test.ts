/** What becomes of a pod in the last moment before its start ends: it is judged as it is, and not as it was. */

import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { podName } from "../../../src/domain/project-pods/identity.ts";
import { ProjectPods } from "../../../src/domain/project-pods/project-pods.ts";
import { pods } from "../../../src/kube/resources.ts";
import { testLives } from "../../helpers/life.ts";
import { until } from "../../helpers/until.ts";
import { readyStatus, World } from "./world.ts";

const newLife = testLives();

test("a start given up for want of a node was ended although its pod had just got one: it goes on", async () => {
  const life = newLife();
  const world = await World.open(life);
  await world.startRoles(life.child("manage"), ["manage-action"]);
  const spec = { nodeName: "node", containers: [{ name: "project", image: "x" }] };
  await world.putConfigMap("project-pod", { "project.json": JSON.stringify({ kind: "Pod", spec }) });
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  const { metadata } = await world.untilPod(projectId);
  await until(async () => (await world.start(projectId))?.phases.applied);
  // As manage-idle does, which knows of the node only when manage-state has told the database.
  await world.db.execute("UPDATE project_starts SET give_up = 'no_room' WHERE project_id = $1", [projectId]);
  await until(async () => {
    const [row] = await world.db.query<{ give_up: string | null }>(
      "SELECT give_up FROM project_starts WHERE project_id = $1",
      [projectId],
    );
    return row?.give_up === null;
  });
  await world.tell(projectId, readyStatus());
  expect((await world.untilFinished(projectId)).err).toBeUndefined();
  expect((await world.pod(projectId))?.metadata.uid).toBe(metadata.uid);
});

test("a pod that changed since it was judged is not taken away: it is judged anew", async () => {
  const life = newLife();
  const { kube } = await World.open(life);
  const known = new ProjectPods(life, kube, { onChange: () => {} });
  await known.synced;
  const projectId = randomUUID();
  const labels = { run: "project", project_id: projectId, "app.kubernetes.io/managed-by": "cocalc-k8s" };
  const spec = { containers: [{ name: "project", image: "x" }] };
  const metadata = { name: podName(projectId), labels };
  const judged = await known.create(projectId, { apiVersion: "v1", kind: "Pod", metadata, spec });
  await kube.patch(pods, podName(projectId), { metadata: { annotations: { changed: "yes" } } });
  expect(await known.remove(projectId, judged, { asKnown: true })).toBe(false);
  const now = known.get(projectId);
  expect(now?.metadata).toMatchObject({ uid: judged.metadata.uid, annotations: { changed: "yes" } });
  expect(now && (await known.remove(projectId, now, { asKnown: true }))).toBe(true);
  expect(known.get(projectId)).toBeUndefined();
});
