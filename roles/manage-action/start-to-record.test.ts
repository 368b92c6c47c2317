/** For whose turn starts count: who asks, whoever else is or becomes an owner. */

import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { Leader } from "../../src/db/leader.ts";
import { requestAction } from "../../src/domain/projects/action-request.ts";
import { recordStarts } from "../../src/domain/starts/begin.ts";
import { endStart } from "../../src/domain/starts/end.ts";
import { readForService, type ServiceRow } from "../../src/domain/starts/service-row.ts";
import { testLives } from "../../test/helpers/life.ts";
import { openTestDb } from "../../test/helpers/postgres.ts";
import { readRequest } from "./decide.ts";
import { partyOf, startToRecord } from "./start-to-record.ts";

const newLife = testLives();
const idOf = (digit: string) => `${digit.repeat(8)}-0000-4000-8000-000000000000`;
/** In the order in which a project's row has them. */
const [FIRST, ADA, BOB] = [idOf("a"), idOf("b"), idOf("c")];

const nextStart = (projectId: string, row: ServiceRow) => {
  const { ticket, request_time, rescue } = row;
  const start =
    ticket === null ? undefined : { ticket, requestTime: request_time ?? "", giveUp: null, rescue: !!rescue };
  const request = readRequest(row.action_request, row.asked_time);
  return startToRecord({ projectId, row, request, start, pod: undefined, step: { do: "create" } });
};

/** A project of these owners. */
async function openProject(...owners: string[]) {
  const db = await openTestDb(newLife());
  const leader = new Leader(db.query.bind(db), { name: "manage-action", epoch: 1 });
  await db.execute("INSERT INTO leaders (name, epoch, since) VALUES ('manage-action', 1, now())");
  const projectId = randomUUID();
  await db.execute("INSERT INTO projects (project_id) VALUES ($1)", [projectId]);
  const write = (column: "users" | "action_request", value: object) =>
    db.execute(`UPDATE projects SET ${column} = $2 WHERE project_id = $1`, [projectId, JSON.stringify(value)]);
  const ownedBy = (...ids: string[]) => write("users", Object.fromEntries(ids.map((id) => [id, { group: "owner" }])));
  await ownedBy(...owners);
  const next = async () => {
    const [row] = await readForService(db, leader, [projectId]);
    if (row === undefined) throw new Error("there is no project");
    return nextStart(projectId, row);
  };
  return {
    projectId,
    ownedBy,
    ask: (accountId: string) => requestAction(db, { projectId, action: "start", accountId }),
    askByHand: (more: object = {}) => write("action_request", { action: "start", time: randomUUID(), ...more }),
    /** For whom the start counts that would begin now, or goes on. */
    countsFor: async () => partyOf(await next()).owner,
    begin: async () => {
      const [ticket = 0] = await recordStarts(leader, [{ ...(await next()), queued: true }]);
      expect(ticket).toBeGreaterThan(0);
      return { end: () => endStart(leader, { projectId, ticket, outcome: "running" }) };
    },
  };
}

test("somebody had a turn for each project by naming another first owner in each: a start counts for who asks", async () => {
  const project = await openProject(ADA);
  await project.ask(ADA);
  expect(await project.countsFor()).toBe(ADA);
  await project.ownedBy(FIRST, ADA);
  expect(await project.countsFor()).toBe(ADA);
  await project.ask(BOB); // who may start it, and owns nothing
  expect(await project.countsFor()).toBe(BOB);
});

test("a start under way goes on as whose it began, whoever asks for it or owns the project by then", async () => {
  const project = await openProject(ADA);
  await project.ask(ADA);
  const start = await project.begin();
  await project.ownedBy(FIRST, ADA);
  await project.ask(BOB);
  expect(await project.countsFor()).toBe(ADA);
  await project.begin();
  expect(await project.countsFor()).toBe(ADA);
  await start.end();
  expect(await project.countsFor()).toBe(BOB);
});

test("a request that was written by hand counts for the owner of earlier starts, as long as that one is an owner", async () => {
  const project = await openProject(ADA);
  await project.askByHand();
  expect(await project.countsFor()).toBe(ADA); // the first one
  const byAda = await project.begin();
  await byAda.end();
  await project.ask(BOB);
  const byBob = await project.begin();
  await byBob.end();
  await project.ownedBy(FIRST, ADA);
  for (const more of [{}, { account_id: null }, { account_id: 5 }, { account_id: "me" }]) {
    await project.askByHand(more);
    expect(await project.countsFor()).toBe(ADA);
  }
  await project.ownedBy(FIRST);
  expect(await project.countsFor()).toBe(FIRST);
  await project.ownedBy();
  expect(await project.countsFor()).toBe(project.projectId);
});
