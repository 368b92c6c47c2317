/** A container that was ended for want of memory: told once in the project's log, with the process, once the project's server is there to say. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { projectLog } from "../../../src/domain/projects/log.ts";
import { publicKeys } from "../../../src/domain/signing-keys/signing-keys.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { testLives } from "../../helpers/life.ts";
import { startProjectServer, testHub } from "../../helpers/project-server.ts";
import { until } from "../../helpers/until.ts";
import { readyStatus, World } from "./world.ts";

const newLife = testLives();
const ENDED = new Date(Math.floor(Date.now() / 1_000) * 1_000);

/** As a node tells of a container that was killed (by its exit code; the reason may be of an older kill), and of the one that runs since. */
const killed = (exitCode = 137) => ({
  terminated: {
    reason: "OOMKilled",
    exitCode,
    startedAt: ENDED.toISOString(),
    finishedAt: `${ENDED.toISOString().slice(0, 19)}Z`,
  },
});
const container = (change: object) => ({
  name: "project",
  image: "",
  imageID: "",
  ready: false,
  restartCount: 1,
  ...change,
});

/** A project whose pod is where a real server of it listens, which has notes of what used the most. */
async function openWithServer({ name = "R fit.R" } = {}) {
  const life = newLife();
  const world = await World.open(life);
  const projectId = await world.createProject();
  const root = await temporaryFolder(life, "project");
  await mkdir(join(root, "home/.cocalc/memory"), { recursive: true });
  const noted = { time: ENDED.toISOString(), used: 9e8, limit: 1e9, processes: [{ name, used: 8e8 }] };
  await writeFile(join(root, "home/.cocalc/memory/notes.json"), JSON.stringify(noted));
  const hub = { ...(await testHub()), publicKeys: JSON.stringify(await publicKeys(world.db)) };
  const server = await startProjectServer(life, { projectId, hub, root, env: { COCALC_CGROUPS: root } });
  const env = { COCALC_PROJECT_PORT: new URL(server.origin).port };
  await world.startRoles(life.child("manage"), ["manage-action", "manage-state"], env);
  await world.ask(projectId, "start");
  await world.untilPod(projectId);
  const ends = async () => {
    const { log } = await projectLog(world.db, { projectId, limit: 50 });
    return log.map(({ event }) => event).filter(({ event }) => event === "project_out_of_memory");
  };
  return { world, projectId, ends };
}

test("the end of a container for want of memory is told once, and with the process once the server is back", async () => {
  const { world, projectId, ends } = await openWithServer();
  await world.tell(projectId, { phase: "Running", containerStatuses: [container({ state: killed() })] });
  const told = { event: "project_out_of_memory", time: ENDED.toISOString(), whole: true, limit: 1_000 * 2 ** 20 };
  await until(async () => (await ends()).length > 0);
  expect(await ends()).toEqual([told]);

  const running = { state: { running: { startedAt: new Date().toISOString() } }, lastState: killed(), ready: true };
  const back = { ...readyStatus("127.0.0.1"), containerStatuses: [container(running)] };
  await world.tell(projectId, back);
  await until(async () => (await ends()).some((end) => "process" in end));
  expect(await ends()).toEqual([{ ...told, process: "R fit.R", used: 8e8 }]);
});

test("an end that nobody noted is told without a process, and a container that ended by itself later is none", async () => {
  const { world, projectId, ends } = await openWithServer();
  await world.tell(projectId, { phase: "Running", containerStatuses: [container({ state: killed(1) })] });
  await world.untilState(projectId, "pending");
  const older = { ...killed().terminated, finishedAt: "2026-01-01T00:00:00Z" };
  const running = { state: { running: { startedAt: new Date().toISOString() } }, ready: true };
  const last = { lastState: { terminated: older } };
  await world.tell(projectId, { ...readyStatus("127.0.0.1"), containerStatuses: [container({ ...running, ...last })] });
  await until(async () => (await ends()).some((end) => "process" in end));
  expect(await ends()).toEqual([
    expect.objectContaining({ time: "2026-01-01T00:00:00.000Z", process: null, used: null }),
  ]);
});

test("a NUL in the name of the process had its project's server asked for ever: what a pod says is cleaned", async () => {
  const { world, projectId, ends } = await openWithServer({ name: "R\0 \x1b[31m\u202efit.R" });
  await world.tell(projectId, { phase: "Running", containerStatuses: [container({ state: killed() })] });
  await until(async () => (await ends()).length > 0);
  const running = { state: { running: { startedAt: new Date().toISOString() } }, lastState: killed(), ready: true };
  await world.tell(projectId, { ...readyStatus("127.0.0.1"), containerStatuses: [container(running)] });
  await until(async () => (await ends()).some((end) => "process" in end));
  expect(await ends()).toEqual([expect.objectContaining({ whole: true, process: "R [31m fit.R", used: 8e8 })]);
});
