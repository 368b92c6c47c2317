/** Starts in rescue mode: of a project that does not start by its own doing, until it starts normally again. */

import { expect, test } from "@jest/globals";
import { requestAction } from "../../../src/domain/projects/action-request.ts";
import { projectLog } from "../../../src/domain/projects/log.ts";
import type { Pod } from "../../../src/kube/types.ts";
import type { ProjectAction } from "../../../src/protocol/project.ts";
import { testLives } from "../../helpers/life.ts";
import { until } from "../../helpers/until.ts";
import { World, type WorldOptions } from "./world.ts";

const newLife = testLives();
/** Ready in rescue mode, or once its variables are right. */
const READY = 'case "$COCALC_RESCUE $(echo $COCALC_EXTRA_ENV | base64 -d)" in 1*|*right*) exit 0;; esac; exit 1';
const BROKEN: WorldOptions = {
  script: "exec sleep 600",
  container: { readinessProbe: { exec: { command: ["sh", "-c", READY] }, periodSeconds: 1 } },
};

async function openBroken() {
  const life = newLife();
  const world = await World.open(life, BROKEN);
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"]);
  const projectId = await world.createProject();
  const rescue = (action: ProjectAction) => requestAction(world.db, { projectId, action, rescue: true });
  return { world, projectId, rescue };
}

const envOf = (pod: Pod | undefined) =>
  Object.fromEntries((pod?.spec.containers[0]?.env ?? []).map(({ name, value }) => [name, value]));

test("a project that does not become ready is started in rescue mode, shown as such, and started normally again", async () => {
  const { world, projectId, rescue } = await openBroken();
  const { db } = world;
  await db.execute(`UPDATE projects SET env = '{"KIND": "wrong"}' WHERE project_id = $1`, [projectId]);
  await world.ask(projectId, "start");
  await world.untilState(projectId, "starting");
  const broken = await world.untilPod(projectId);

  await rescue("start");
  expect((await world.untilFinished(projectId)).err).toBeUndefined();
  expect(await world.untilState(projectId, "running")).toMatchObject({ rescue: true });
  const rescued = await world.pod(projectId);
  expect(rescued?.metadata.uid).not.toBe(broken.metadata.uid);
  expect(envOf(rescued)).toMatchObject({ COCALC_RESCUE: "1", COCALC_EXTRA_ENV: btoa("{}") });
  expect(await world.start(projectId)).toMatchObject({ outcome: "running", rescue: true });
  const { log } = await projectLog(db, { projectId, limit: 5 });
  expect(log[0]?.event).toMatchObject({ event: "project_started", rescue: true });

  await world.ask(projectId, "start");
  await world.untilFinished(projectId);
  expect((await world.pod(projectId))?.metadata.uid).toBe(rescued?.metadata.uid); // it runs

  await db.execute(`UPDATE projects SET env = '{"KIND": "right"}' WHERE project_id = $1`, [projectId]);
  await world.ask(projectId, "restart");
  expect((await world.untilFinished(projectId)).err).toBeUndefined();
  const state = await until(async () => {
    const { state } = await world.row(projectId);
    return state?.state === "running" && state.rescue === undefined && state;
  });
  expect(state).not.toHaveProperty("rescue");
  expect(envOf(await world.pod(projectId))).not.toHaveProperty("COCALC_RESCUE");
  expect(await world.start(projectId)).toMatchObject({ outcome: "running", rescue: false });
});

test("a rescue runs in the image for rescues, whatever image the project names, and a site without one has its default", async () => {
  const { world, projectId, rescue } = await openBroken();
  await world.db.execute("UPDATE projects SET compute_image = 'heavy' WHERE project_id = $1", [projectId]);
  const environment = (tag: string) => ({ title: tag, tag, registry: "localhost/shell" });
  const environments = { shell: environment("1"), heavy: environment("2"), small: environment("3") };
  const imageWith = async (software: object) => {
    await world.putConfigMap("project-image", { "software.json": JSON.stringify({ environments, ...software }) });
    return until(async () => {
      await rescue("restart");
      await world.untilFinished(projectId);
      return (await world.pod(projectId))?.spec.containers[0]?.image;
    });
  };
  expect(await imageWith({ default: "shell" })).toBe("localhost/shell:1");
  await until(async () => (await imageWith({ default: "shell", rescue: "small" })) === "localhost/shell:3");
});

test("a project whose image ends at once says so, is rescued in another, and tried again in its own", async () => {
  const life = newLife();
  const script = '[ "$COCALC_RESCUE" = 1 ] && exec sleep 600; exit 3';
  const world = await World.open(life, { script });
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"]);
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  const crashed = () =>
    until(async () => {
      const { state } = await world.row(projectId);
      return /ended by itself \(exit code 3\)/.test(state?.error ?? "") && state;
    });
  expect((await crashed()).state).not.toBe("running");
  await requestAction(world.db, { projectId, action: "restart", rescue: true });
  expect((await world.untilFinished(projectId)).err).toBeUndefined();
  expect(await world.untilState(projectId, "running")).toMatchObject({ rescue: true });
  await world.ask(projectId, "restart");
  await crashed();
  expect(envOf(await world.pod(projectId))).not.toHaveProperty("COCALC_RESCUE");
});
