/** A class that presses Start within a minute, on nodes of two speeds: time to the last Ready against bare POSTs of the same pods, and how true the expected times were. */

import { setTimeout as delay } from "node:timers/promises";
import type { Socket } from "socket.io-client";
import type { Life } from "../../src/core/life.ts";
import { pods } from "../../src/kube/resources.ts";
import type { HubEvents, HubRequests } from "../../src/protocol/hub-socket.ts";
import type { ProjectStart } from "../../src/protocol/starts.ts";
import { openPretendedNodes, placementIn, type Speed } from "../cluster/kwok.ts";
import { until } from "../helpers/until.ts";
import { measureInCluster, type Place } from "./cluster.ts";
import { type Bench, createProject, isReady, openBench, startRole } from "./place.ts";
import { startProgram } from "./processes.ts";
import { type Benchmark, type Figure, quantile } from "./report.ts";
import { openHub } from "./state.ts";
import { createPerson } from "./world.ts";

const STUDENTS = 500;
const WITHIN_MS = 60_000;
/** Before the class, one after the other: the nodes are known. */
const REHEARSALS = 4;
const POOL = "class";
const SPEEDS: readonly Speed[] = [
  { name: "quick", count: 2, readyMs: 10_000 },
  { name: "slow", count: 2, readyMs: 30_000 },
];
/** As a page does while it waits. */
const LOOK_MS = 3_000;
const AIM_RIGHT = 0.9;

export function benchmark(life: Life): Benchmark {
  return { name: "class", run: () => measureInCluster(life, import.meta.url, { pods: "pretended" }) };
}

/** Runs inside the cluster. */
export async function measure(life: Life, place: Place): Promise<Figure[]> {
  const bench = await openBench(life, place);
  const start = (command: string, args: string[]) => void startProgram(life, { command, args });
  await openPretendedNodes(
    life,
    { kube: bench.kube, kubeconfig: place.kubeconfig, start },
    { pool: POOL, speeds: SPEEDS },
  );
  await startRole(life, bench, { name: "manage-state" });
  await startRole(life, bench, { name: "manage-action" });
  const port = await startRole(life, bench, { name: "hub-websocket" });
  const students = await openStudents(life, bench, port);
  const [first, ...others] = students;
  for (let count = 0; count < REHEARSALS && first !== undefined; count += 1) await rehearse(bench, first);
  const began = performance.now();
  const visits = await Promise.all([first, ...others].map((student, index) => press(student as Student, index)));
  const ours = Math.max(...visits.map(({ readyAt }) => readyAt)) - began;
  const bare = await postAll(bench);
  return figures(visits, { ours, bare });
}

interface Student {
  socket: Socket<HubEvents, HubRequests>;
  projectId: string;
}

async function openStudents(life: Life, bench: Bench, port: number): Promise<Student[]> {
  const students: Student[] = [];
  for (let count = 0; count < STUDENTS; count += 1) {
    const { accountId, cookie } = await createPerson(bench.db, `Student${count}`);
    const projectId = await createProject(bench, accountId);
    students.push({ socket: await openHub(life, { port, cookie }), projectId });
  }
  await bench.db.execute("UPDATE projects SET settings = $1", [JSON.stringify({ pool: POOL })]);
  return students;
}

/** Starts, waits until it runs, and stops again. */
async function rehearse({ db }: Bench, student: Student): Promise<void> {
  for (const [action, state] of [
    ["start", "running"],
    ["stop", "opened"],
  ] as const) {
    const answer = await asks(student.socket, student.projectId, action);
    if (!answer.ok) throw new Error(`${answer.code}: ${answer.error}`);
    const isSo = "SELECT FROM projects WHERE project_id = $1 AND state ->> 'state' = $2";
    await until(async () => (await db.query(isSo, [student.projectId, state])).length > 0, { timeoutMs: 60_000 });
  }
}

function asks(socket: Student["socket"], projectId: string, action: "start" | "stop") {
  return socket.timeout(60_000).emitWithAck("project_action", { project_id: projectId, action });
}

/** What came of one press of Start: moments of performance.now, what was told first and when, the places, and the code of each error that a press or a look was answered with. */
interface Visit {
  pressedAt: number;
  readyAt: number;
  toldMs: number | undefined;
  toldAt: number;
  places: number[];
  placedAt: number;
  placedMs: number;
  errors: string[];
}

/** Presses at the moment of this student, and looks as a page does until the project is ready; what met an error is done again. */
async function press({ socket, projectId }: Student, index: number): Promise<Visit> {
  await delay((index * WITHIN_MS) / STUDENTS);
  const untold = { readyAt: Number.NaN, toldMs: undefined, toldAt: Number.NaN };
  const visit: Visit = {
    ...{ pressedAt: performance.now(), ...untold },
    ...{ places: [], placedAt: Number.NaN, placedMs: 0, errors: [] },
  };
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  const see = (start: ProjectStart) => {
    if (start.outcome === "failed") return reject(new Error(`${start.reason}: ${start.message}`));
    if (start.expected !== null && visit.toldMs === undefined) {
      visit.toldAt = performance.now();
      visit.toldMs = Date.parse(start.expected) - performance.timeOrigin - visit.pressedAt;
    }
    if (start.position !== null) seePlace(visit, start.position);
    if (start.phases.ready === undefined || !Number.isNaN(visit.readyAt)) return;
    visit.readyAt = Date.parse(start.phases.ready) - performance.timeOrigin;
    resolve();
  };
  for (;;) {
    const answer = await asks(socket, projectId, "start");
    if (answer.ok) break;
    visit.errors.push(answer.code);
    await delay(LOOK_MS);
  }
  socket.on("start", see);
  const looking = setInterval(() => {
    socket.emit("get_project", { project_id: projectId }, (answer) => {
      if (!answer.ok) visit.errors.push(answer.code);
      else if (answer.start !== null && !isOver(answer.start, visit.pressedAt)) see(answer.start);
    });
  }, LOOK_MS);
  await ready.finally(() => clearInterval(looking));
  return visit;
}

function seePlace(visit: Visit, position: number): void {
  if (visit.places.length === 0) visit.placedAt = performance.now();
  if (position !== visit.places.at(-1)) visit.places.push(position);
  visit.placedMs = performance.now() - visit.placedAt;
}

/** Was one place all that was shown, look after look? */
const stoodStill = ({ places, placedMs }: Visit) => places.length === 1 && placedMs > 2 * LOOK_MS;

/** Was it over before that moment? */
const isOver = ({ ended }: ProjectStart, at: number) =>
  ended !== null && Date.parse(ended) < performance.timeOrigin + at;

/** Milliseconds until the last of as many bare pods is Ready, which are posted at the same moments. */
async function postAll({ kube, watched, barePod }: Bench): Promise<number> {
  for (const name of watched.names()) await kube.delete(pods, name, { gracePeriodSeconds: 0 });
  await watched.when(() => watched.count === 0);
  const began = performance.now();
  const bodies = Array.from({ length: STUDENTS }, () => barePod());
  const last = watched.when(() => bodies.every(({ metadata }) => isReady(watched.get(metadata.name))));
  await Promise.all(
    bodies.map(async (body, index) => {
      await delay((index * WITHIN_MS) / STUDENTS);
      await kube.create(pods, { ...body, spec: { ...body.spec, ...placementIn(POOL) } });
    }),
  );
  return (await last) - began;
}

function figures(visits: readonly Visit[], { ours, bare }: { ours: number; bare: number }): Figure[] {
  const ratios = visits.flatMap(({ toldMs, pressedAt, readyAt }) =>
    toldMs === undefined ? [] : [toldMs / (readyAt - pressedAt)],
  );
  const [less, more] = [ratios.filter((ratio) => ratio < 0.5).length, ratios.filter((ratio) => ratio > 2).length];
  const right = (ratios.length - less - more) / visits.length;
  const waited = visits.filter(({ places }) => places.length > 0);
  const errors = visits.flatMap((visit) => visit.errors);
  const still = waited.filter(stoodStill).length;
  const seconds = (value: number) => `${(value / 1_000).toFixed(1)} s`;
  const delays = visits.filter(({ toldMs }) => toldMs !== undefined).map(({ toldAt, pressedAt }) => toldAt - pressedAt);
  const error = ratios.map((ratio) => Math.max(ratio, 1 / ratio));
  const speeds = SPEEDS.map(({ count, readyMs }) => `${count} nodes take ${readyMs / 1_000} s`).join(", ");
  const how = `${STUDENTS} browsers' sockets from one address press within ${WITHIN_MS / 1_000} s and look every ${LOOK_MS / 1_000} s; kwok, ${speeds} for a pod, a tenth more or less; starts in flight as by default`;
  return [
    {
      what: `a class of ${STUDENTS}: first press → last project Ready`,
      measured: seconds(ours),
      against: `bare POSTs of as many pods at the same moments ${seconds(bare)}`,
      ratio: ours / bare,
      how,
    },
    {
      what: `a class of ${STUDENTS}: expected time told first, right within a factor of two`,
      measured: `${(100 * right).toFixed(1)} %`,
      against: `off by a factor of p50 ${quantile(error, 0.5).toFixed(2)}, p90 ${quantile(error, 0.9).toFixed(2)}; ${less} were told too little, ${more} too much, ${visits.length - ratios.length} nothing`,
      ratio: right,
      aim: `≥ ${AIM_RIGHT}`,
      met: right >= AIM_RIGHT && still === 0 && errors.length === 0,
      how: `of all who pressed; told p50 ${seconds(quantile(delays, 0.5))}, p99 ${seconds(quantile(delays, 0.99))} after the press; ${waited.length} waited for a turn, and ${still} of them saw their place stand still; ${errors.length} answers were errors${errors.length > 0 ? ` (${[...new Set(errors)].join(", ")})` : ""}`,
    },
  ];
}
