import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { leaderOf } from "../../../test/helpers/leader.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { openTestDb } from "../../../test/helpers/postgres.ts";
import type { RunQuota } from "../../protocol/quotas.ts";
import { recordApplied, recordStarts } from "./begin.ts";
import { endStart } from "./end.ts";
import { giveUpUnplaced, waitingTooLong } from "./give-up.ts";
import { readForService } from "./service-row.ts";
import { recordWaiting } from "./wait.ts";

const newLife = testLives();

/** A database with a leader, who writes about the project. */
async function openLed() {
  const db = await openTestDb(newLife());
  const leader = leaderOf(db, "manage-action", 1);
  await db.execute("INSERT INTO leaders (name, epoch, since) VALUES ($1, $2, now())", [leader.name, leader.epoch]);
  const read = async (projectId: string) => (await readForService(db, leader, [projectId]))[0];
  /** Asks for a start by a request of this time and records that its pod is about to be made, or is there (`quota` null); the ticket. */
  const start = async (projectId: string, requestTime: string, quota: object | null = {}) => {
    await db.execute(
      `INSERT INTO projects (project_id, action_request) VALUES ($1, $2)
       ON CONFLICT (project_id) DO UPDATE SET action_request = $2`,
      [projectId, JSON.stringify({ action: "start", time: requestTime })],
    );
    const ticket = (await read(projectId))?.ticket ?? null;
    const given = quota as RunQuota | null; // it is only written down
    const facts = { projectId, ownerId: null, licenseId: null, requestTime, requested: new Date(), ticket };
    const wanted = { ...facts, quota: given, licenses: null, queued: false };
    return (await recordStarts(leader, [wanted]))[0] ?? 0;
  };
  return { db, leader, read, start };
}

test("a request that takes over a start which was given up is not given up with it, and waits as long as any", async () => {
  const { db, leader, read, start } = await openLed();
  const projectId = randomUUID();
  const place = async (ticket: number) => recordApplied(leader, [{ ticket, podUid: "1" }]);
  await place(await start(projectId, "first"));
  await db.execute("UPDATE project_starts SET applied = applied - interval '20 minutes'");
  expect(await waitingTooLong(db, 15)).toEqual([projectId]);
  expect(await giveUpUnplaced(leader, projectId, 15)).toBe(true);
  await start(projectId, "first", null);
  expect(await read(projectId)).toMatchObject({ give_up: "no_room" });
  await place(await start(projectId, "second", null));
  expect(await read(projectId)).toMatchObject({ give_up: null, request_time: "second" });
  expect(await waitingTooLong(db, 15)).toEqual([]);
  expect(await giveUpUnplaced(leader, projectId, 15)).toBe(false);
});

test("a start that is tried again goes on saying that the cluster does not answer, until its pod is there", async () => {
  const { leader, read, start } = await openLed();
  const projectId = randomUUID();
  const why = { reason: "cluster_unavailable", message: "It does not answer.", kubernetesReason: "ECONNREFUSED" };
  const row = { reason: why.reason, message: why.message, kubernetes_reason: why.kubernetesReason };
  const ticket = await start(projectId, "now");
  await recordWaiting(leader, { ticket, why });
  await start(projectId, "now");
  expect(await read(projectId)).toMatchObject(row);
  await recordApplied(leader, [{ ticket, podUid: "1" }]);
  expect(await read(projectId)).toMatchObject({ reason: null, message: null, kubernetes_reason: null });
  await recordWaiting(leader, { ticket, why: { ...why, reason: "no_room" } });
  await recordApplied(leader, [{ ticket, podUid: "2" }]);
  expect(await read(projectId)).toMatchObject({ ...row, reason: "no_room" });
});

test("a project that is started again and again has no ever longer list of starts", async () => {
  const { db, leader, start } = await openLed();
  const [restless, other] = [randomUUID(), randomUUID()];
  const startAndEnd = async (projectId: string, requestTime: string) => {
    const ticket = await start(projectId, requestTime);
    await endStart(leader, { projectId, ticket, outcome: "running" });
  };
  await startAndEnd(other, "once");
  for (let count = 1; count <= 30; count += 1) await startAndEnd(restless, String(count));
  const rows = await db.query<{ request_time: string }>("SELECT request_time FROM project_starts ORDER BY ticket");
  const kept = Array.from({ length: 21 }, (_, index) => String(index + 10));
  expect(rows.map(({ request_time }) => request_time)).toEqual(["once", ...kept]);
});
