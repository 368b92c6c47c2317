/** A container that was ended for want of memory: told once in the project's log, with the process, once the project's server is there to say. */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { projectLog } from "../../../src/domain/projects/log.ts";
import { publicKeys } from "../../../src/domain/signing-keys/signing-keys.ts";
import { NOBODY } from "../../../src/protocol/assertion.ts";
import type { KilledProgram } from "../../../src/protocol/project-status.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { testLives } from "../../helpers/life.ts";
import { startProjectServer, testHub } from "../../helpers/project-server.ts";
import { TcpProxy } from "../../helpers/tcp-proxy.ts";
import { until } from "../../helpers/until.ts";
import { readyStatus, World } from "./world.ts";

const newLife = testLives();
const EVENT = "project_out_of_memory";
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
async function openWithServer({
  name = "R fit.R",
  killed = [] as KilledProgram[],
  ranMinutesAgo = [] as number[],
} = {}) {
  const life = newLife();
  const world = await World.open(life);
  const projectId = await world.createProject();
  await world.db.execute(
    "UPDATE projects SET created = now() AT TIME ZONE 'UTC' - interval '1 year' WHERE project_id = $1",
    [projectId],
  );
  for (const minutes of ranMinutesAgo) {
    await world.db.execute(
      `INSERT INTO project_starts (project_id, request_time, requested, ready, ended, outcome)
       SELECT $1, 't', moment, moment, moment, 'running' FROM (SELECT now() AT TIME ZONE 'UTC' - make_interval(mins => $2) AS moment) AS at`,
      [projectId, minutes],
    );
  }
  const root = await temporaryFolder(life, "project");
  await mkdir(join(root, "home/.cocalc/memory"), { recursive: true });
  const noted = { time: ENDED.toISOString(), used: 9e8, limit: 1e9, processes: [{ name, used: 8e8 }] };
  await writeFile(join(root, "home/.cocalc/memory/notes.json"), JSON.stringify({ now: noted, killed }));
  const own = await testHub(); // so that tests ask it too
  const { keys } = JSON.parse(own.publicKeys);
  const hub = { ...own, publicKeys: JSON.stringify({ keys: [...keys, ...(await publicKeys(world.db)).keys] }) };
  const server = await startProjectServer(life, { projectId, hub, root, env: { COCALC_CGROUPS: root } });
  const there = { host: "127.0.0.1", port: Number(new URL(server.origin).port) };
  const way = new TcpProxy(there);
  await way.up();
  life.defer("way to the server", () => way.down());
  const env = { COCALC_PROJECT_PORT: String(way.port) };
  await world.startRoles(life.child("manage-action"), ["manage-action"], env);
  let term = life.child("manage-state");
  await world.startRoles(term, ["manage-state"], env);
  /** Another process leads in its place, which has seen nothing; `meanwhile` nobody does. */
  const changeLeader = async (meanwhile = async () => {}) => {
    await term.stop();
    await meanwhile();
    term = life.child("manage-state again");
    await world.startRoles(term, ["manage-state"], env);
  };
  await world.ask(projectId, "start");
  await world.untilPod(projectId);
  const ends = async () => {
    const { log } = await projectLog(world.db, { projectId, limit: 50 });
    for (const { event, time } of log) if (event.event === EVENT) expect(time.toISOString()).toBe(event.time);
    return log.map(({ event }) => event).filter(({ event }) => event === EVENT);
  };
  return { world, projectId, ends, way, there, server, changeLeader };
}

/** The pod of a container that runs and is ready, after so many ends of which the last was `last`. */
const backAfter = (restartCount: number, last: object, since = new Date()) => {
  const running = { state: { running: { startedAt: since.toISOString() } }, lastState: last, ready: true };
  return { ...readyStatus("127.0.0.1", since), containerStatuses: [container({ ...running, restartCount })] };
};

/** An end as `killed`, so many seconds before the last. */
const killedBefore = (seconds: number) => {
  const finishedAt = new Date(ENDED.getTime() - seconds * 1_000).toISOString();
  return { terminated: { ...killed().terminated, finishedAt } };
};

test("the end of a container for want of memory is told once, and with the process once the server is back", async () => {
  const { world, projectId, ends } = await openWithServer();
  await world.tell(projectId, { phase: "Running", containerStatuses: [container({ state: killed() })] });
  const told = { event: EVENT, time: ENDED.toISOString(), whole: true, limit: 1_000 * 2 ** 20 };
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
  const hourBefore = new Date(ENDED.getTime() - 3_600_000).toISOString();
  const older = { ...killed().terminated, finishedAt: hourBefore };
  const running = { state: { running: { startedAt: new Date().toISOString() } }, ready: true };
  const last = { lastState: { terminated: older } };
  await world.tell(projectId, { ...readyStatus("127.0.0.1"), containerStatuses: [container({ ...running, ...last })] });
  await until(async () => (await ends()).some((end) => "process" in end));
  expect(await ends()).toEqual([expect.objectContaining({ time: hourBefore, process: null, used: null })]);
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

test("a server that could not be reached at first had its project's log without the process for ever", async () => {
  const { world, projectId, ends, way, there } = await openWithServer();
  way.toward({ host: "127.0.0.1", port: 1 }); // where nobody listens
  await world.tell(projectId, { phase: "Running", containerStatuses: [container({ state: killed() })] });
  const running = { state: { running: { startedAt: new Date().toISOString() } }, lastState: killed(), ready: true };
  await world.tell(projectId, { ...readyStatus("127.0.0.1"), containerStatuses: [container(running)] });
  await until(() => way.accepted >= 2);
  expect(await ends()).toEqual([expect.not.objectContaining({ process: null })]);
  way.toward(there);
  await until(async () => (await ends()).some((end) => "process" in end));
  expect(await ends()).toEqual([expect.objectContaining({ process: "R fit.R", used: 8e8 })]);
});

test("programs that were killed while nobody had a page open stand in the log when they were, once the project starts", async () => {
  const at = (minutes: number) => new Date(ENDED.getTime() - minutes * 60_000).toISOString();
  const program = (minutes: number) => ({ time: at(minutes), process: "R", used: 5, limit: 6, whole: false as const });
  const longAgo = 30 * 24 * 60;
  // 90 is told along with 90.5: of one minute one is enough.
  const all = [program(5), program(90), program(90.5), program(longAgo)];
  const { world, projectId, ends } = await openWithServer({ killed: all });
  await world.tell(projectId, readyStatus("127.0.0.1"));
  await until(async () => (await ends()).length === 2);
  const told = [5, 90].map((minutes) => ({ event: EVENT, ...program(minutes) }));
  expect(await ends()).toEqual(told);
});

test("a pod that claimed programs were killed long before it ran had them in the log, and one of the year 0 hid all after it", async () => {
  const program = (time: string) => ({ time, process: "R", used: 5, limit: 6, whole: false as const });
  const at = (minutes: number) => new Date(ENDED.getTime() - minutes * 60_000).toISOString();
  const zone = (time: string) => time.replace("Z", "+00:00"); // an offset is a time like any other
  const claimed = ["0000-01-01T00:00:00Z", at(24 * 60), at(180), zone(at(30)), at(10)].map(program);
  const { world, projectId, ends } = await openWithServer({ killed: claimed, ranMinutesAgo: [300, 120, 60] });
  await world.tell(projectId, readyStatus("127.0.0.1"));
  await until(async () => (await ends()).length === 2);
  expect(await ends()).toEqual([at(10), at(30)].map((time) => ({ event: EVENT, ...program(time) })));
});

test("ends before a server was there came up as news one after another, in a project that was well", async () => {
  const { world, projectId, ends, server } = await openWithServer();
  const { socket } = await server.connect();
  const news: string[] = [];
  socket.on("out_of_memory", ({ time }) => news.push(time));
  for (const [index, seconds] of [120, 60, 0].entries()) {
    const state = { state: killedBefore(seconds), restartCount: index };
    await world.tell(projectId, { phase: "Running", containerStatuses: [container(state)] });
    await until(async () => (await ends()).length === index + 1);
  }
  await world.tell(projectId, backAfter(3, killedBefore(0)));
  await until(() => news.length > 0);
  await until(async () => (await ends()).every((end) => "process" in end));
  const nobody = { process: null, used: null };
  expect(await ends()).toMatchObject([{ process: "R fit.R", used: 8e8 }, nobody, nobody]);

  await world.tell(projectId, backAfter(4, killed(1))); // it ended by itself, and its server is asked once more
  const asked = new Date(ENDED.getTime() - 60_000).toISOString();
  const answer = await server.fetch(`/api/out-of-memory?ended=${asked}`, {}, { sub: NOBODY, role: "viewer" });
  expect(await answer.json()).toMatchObject({ end: { time: asked, process: null } });
  const { outOfMemory } = await (await server.fetch("/api/status")).json();
  expect(outOfMemory).toMatchObject({ time: ENDED.toISOString(), process: "R fit.R" });
  expect(news).toEqual([ENDED.toISOString()]);
});

const program = (minutesAgo: number): KilledProgram => {
  const time = new Date(ENDED.getTime() - minutesAgo * 60_000).toISOString();
  return { time, process: "R", used: 5, limit: 6, whole: false };
};

test("programs that were killed stood in no log when the server could not be reached for a moment at the start", async () => {
  const { world, projectId, ends, way, there } = await openWithServer({ killed: [program(5)] });
  way.toward({ host: "127.0.0.1", port: 1 }); // where nobody listens
  await world.tell(projectId, readyStatus("127.0.0.1"));
  await until(() => way.accepted >= 2);
  expect(await ends()).toEqual([]);
  way.toward(there);
  await until(async () => (await ends()).length === 1);
  expect(await ends()).toEqual([{ event: EVENT, ...program(5) }]);
});

test("programs that were killed before a start at which the server was not reached stood in no log, also after the next", async () => {
  const { world, projectId, ends } = await openWithServer({ killed: [program(90)], ranMinutesAgo: [120, 60] });
  await world.tell(projectId, readyStatus("127.0.0.1"));
  await until(async () => (await ends()).length === 1);
  expect(await ends()).toEqual([{ event: EVENT, ...program(90) }]);
});

test("what ran out of memory stood in no log when leaders changed before the server was asked", async () => {
  const { world, projectId, ends, way, there, changeLeader } = await openWithServer({ killed: [program(5)] });
  way.toward({ host: "127.0.0.1", port: 1 });
  await world.tell(projectId, readyStatus("127.0.0.1"));
  await until(() => way.accepted >= 1);
  await changeLeader();
  expect(await ends()).toEqual([]);
  way.toward(there);
  await until(async () => (await ends()).length === 1);
  expect(await ends()).toEqual([{ event: EVENT, ...program(5) }]);
});

test("what ran out of memory and was back for long while nobody led stood in the log without the process", async () => {
  const { world, projectId, ends, changeLeader } = await openWithServer();
  await world.tell(projectId, readyStatus("127.0.0.1"));
  await until(async () => (await world.start(projectId))?.phases.ready);
  const longAgo = new Date(ENDED.getTime() - 10 * 60_000);
  await changeLeader(() => world.tell(projectId, backAfter(1, killed(), longAgo)));
  await until(async () => (await ends()).some((end) => "process" in end));
  expect(await ends()).toEqual([expect.objectContaining({ process: "R fit.R", used: 8e8 })]);
});
