import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { openTestDb } from "../../../test/helpers/postgres.ts";
import type { Db, Queryable } from "../../db/db.ts";
import { LatestStarts } from "./latest-start.ts";

const newLife = testLives();

/** The database, with what was asked of it. */
function counted(db: Db): Queryable & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    query: (sql, values, statement) => {
      asked.push(sql);
      return db.query(sql, values, statement);
    },
    execute: (sql, values) => db.execute(sql, values),
  };
}

/** Puts starts into the queue in this order; each project's id. */
async function enqueue(db: Db, owners: (string | null)[]): Promise<string[]> {
  const projectIds = owners.map(() => randomUUID());
  await db.execute(
    `INSERT INTO project_starts (project_id, owner_id, request_time, requested, reason)
     SELECT project_id, owner_id, 't', now(), 'queued' FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS one (project_id, owner_id, n) ORDER BY n`,
    [projectIds, owners],
  );
  return projectIds;
}

test("a place in the queue takes turns between owners, after what they have in flight", async () => {
  const db = await openTestDb(newLife());
  const [greedy, modest] = [randomUUID(), randomUUID()];
  const [running] = await enqueue(db, [greedy]);
  await db.execute(
    "UPDATE project_starts SET picked_up = now(), applied = now(), reason = NULL WHERE project_id = $1",
    [running],
  );
  const waiting = await enqueue(db, [greedy, greedy, modest, null, null]);
  const starts = new LatestStarts(db);
  const positions = await Promise.all(waiting.map(async (projectId) => (await starts.of(projectId))?.position));
  expect(positions).toEqual([4, 5, 1, 2, 3]);
  expect(await starts.of(running ?? "")).toMatchObject({ position: null, outcome: null });
  expect(await starts.of(randomUUID())).toBeUndefined();
});

test("a thousand who wait and look at the same time cost a few queries, and who comes new has a place at once", async () => {
  const db = await openTestDb(newLife());
  const owners = Array.from({ length: 40 }, () => randomUUID());
  const waiting = await enqueue(
    db,
    Array.from({ length: 1_000 }, (_, index) => owners[index % owners.length] ?? null),
  );
  const counting = counted(db);
  const starts = new LatestStarts(counting);
  const look = () => Promise.all(waiting.map(async (projectId) => (await starts.of(projectId))?.position ?? 0));
  const places = await look();
  expect(places.toSorted((a, b) => a - b)).toEqual(waiting.map((_, index) => index + 1));
  expect(counting.asked.length).toBeLessThanOrEqual(4); // two for the rows, two for places and times
  const [late = ""] = await enqueue(db, [randomUUID()]);
  expect(await starts.of(late)).toMatchObject({ position: 41 });
});

test("who waits is told when it will be ready, from how long the latest starts took under a like number in flight", async () => {
  const db = await openTestDb(newLife());
  const ended = async (inFlight: number, seconds: number, count: number) =>
    db.execute(
      `INSERT INTO project_starts (project_id, request_time, requested, in_flight, picked_up, applied, scheduled, pulled, started, ready, ended, outcome)
       SELECT gen_random_uuid(), 't', at, $1, at, at, at, ready - interval '1 second', ready, ready, ready, 'running'
       FROM generate_series(1, $3), LATERAL (SELECT now() - interval '1 hour' AS at, now() - interval '1 hour' + make_interval(secs => $2) AS ready) AS times`,
      [inFlight, seconds, count],
    );
  const [first = ""] = await enqueue(db, [null]);
  expect(await new LatestStarts(db).of(first)).toMatchObject({ position: 1, expected: null });
  await ended(1, 2, 30);
  await ended(10, 20, 30);
  await db.execute(`INSERT INTO cluster_facts (name, value) VALUES ('queue', '{"limit": 10}')`);
  const flying = await enqueue(
    db,
    Array.from({ length: 10 }, () => null),
  );
  await db.execute(
    "UPDATE project_starts SET picked_up = now(), in_flight = 10, reason = NULL WHERE project_id = ANY ($1)",
    [flying],
  );
  const waiting = await enqueue(
    db,
    Array.from({ length: 25 }, () => null),
  );
  const starts = new LatestStarts(db);
  const turn = (await starts.of(flying[0] ?? ""))?.phases.picked_up ?? "";
  const secondsFrom = async (moment: string, projectId = "") => {
    const expected = (await starts.of(projectId))?.expected;
    return expected == null ? undefined : Math.round((Date.parse(expected) - Date.parse(moment)) / 1_000);
  };
  expect(await secondsFrom(turn, flying[0])).toBe(20);
  expect(await secondsFrom(turn, first)).toBe(40); // a turn after twenty seconds, and twenty of its own
  expect(await secondsFrom(turn, waiting.at(-1))).toBe(80);
  await db.execute("UPDATE project_starts SET pulled = $2, node = 'a' WHERE project_id = $1", [
    flying[1],
    turn.slice(0, -1),
  ]);
  expect(await secondsFrom(turn, flying[1])).toBe(1);
  await db.execute("UPDATE project_starts SET reason = 'no_room' WHERE project_id = $1", [flying[2]]);
  expect(await secondsFrom(turn, flying[2])).toBeUndefined();
});
