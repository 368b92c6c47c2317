/** A class behind one address: everybody presses Start in the same minute and watches, and no limit of ours is met. */

import { expect, test } from "@jest/globals";
import { io, type Socket } from "socket.io-client";
import type { Life } from "../../../src/core/life.ts";
import type { HubEvents, HubRequests } from "../../../src/protocol/hub-socket.ts";
import { testLives } from "../../helpers/life.ts";
import { newPerson, newProject, type Person } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();
const STUDENTS = 500;
/** In the first ten seconds a page looks so often. */
const LOOKS = 4;
const TIMEOUT_MS = 120_000;

interface Student {
  person: Person;
  projectId: string;
  socket: Socket<HubEvents, HubRequests>;
}

async function openClass() {
  const life = newLife();
  const db = await openTestDb(life);
  const origins = {
    "hub-next": await startRole(life, "hub-next", { db }),
    "hub-websocket": await startRole(life, "hub-websocket", { db }),
  };
  const ingress = await startRole(life, "ingress", { origins });
  const students: Student[] = [];
  for (let count = 0; count < STUDENTS; count += 1) {
    const person = await newPerson(db);
    const projectId = await newProject(db, [[person, "owner"]]);
    students.push({ person, projectId, socket: await openSocket(life, ingress, person) });
  }
  return { db, ingress, students };
}

async function openSocket(life: Life, origin: string, { cookie }: Person): Promise<Student["socket"]> {
  const socket: Student["socket"] = io(origin, {
    ...{ path: "/hub", transports: ["websocket"], reconnection: false, forceNew: true, timeout: TIMEOUT_MS },
    extraHeaders: { cookie, origin },
  });
  life.defer("socket", () => void socket.disconnect());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("account", () => resolve());
  socket.once("connect_error", reject);
  await promise;
  return socket;
}

/** Half of them press on the page, the others by a script. */
async function press({ person, projectId, socket }: Student, origin: string, index: number): Promise<unknown> {
  if (index % 2 === 0) {
    return socket.timeout(TIMEOUT_MS).emitWithAck("project_action", { project_id: projectId, action: "start" });
  }
  const headers = { "content-type": "application/json", cookie: person.cookie, origin };
  const body = JSON.stringify({ project_id: projectId });
  const response = await fetch(`${origin}/api/v2/projects/start`, { method: "POST", headers, body });
  return { ok: response.ok, ...((await response.json()) as object) };
}

async function placeOf({ projectId, socket }: Student): Promise<number | null | undefined> {
  const answer = await socket.timeout(TIMEOUT_MS).emitWithAck("get_project", { project_id: projectId });
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.error}`);
  return answer.start?.position;
}

test(`${STUDENTS} students of one address press Start and watch: none is refused, and all see their place move`, async () => {
  const { db, ingress, students } = await openClass();
  const pressed = await Promise.all(students.map((student, index) => press(student, ingress, index)));
  expect(pressed.filter((answer) => (answer as { ok: boolean }).ok !== true)).toEqual([]);
  await db.execute(
    `INSERT INTO project_starts (project_id, request_time, requested, reason)
     SELECT project_id, action_request ->> 'time', now(), 'queued' FROM projects`,
  );
  let places: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    places = (await Promise.all(students.map(placeOf))).map((place) => place ?? 0);
  }
  expect(places.toSorted((a, b) => a - b)).toEqual(students.map((_, index) => index + 1));
  const first = students.filter((_, index) => (places[index] ?? 0) <= 100).map(({ projectId }) => projectId);
  await db.execute(
    "UPDATE project_starts SET picked_up = now(), applied = now(), reason = NULL WHERE project_id = ANY ($1)",
    [first],
  );
  // What a hub has looked up counts for about a second.
  await until(async () => (await unmoved(students, places)).length === 0, { timeoutMs: TIMEOUT_MS, everyMs: 500 });
});

/** Whose place is not what it was before less those who have their turns. */
async function unmoved(students: Student[], before: number[]): Promise<string[]> {
  const now = await Promise.all(students.map(placeOf));
  return students.flatMap(({ projectId }, index) => {
    const place = before[index] ?? 0;
    return now[index] === (place <= 100 ? null : place - 100) ? [] : [projectId];
  });
}
