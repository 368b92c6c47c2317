import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { openTestDb } from "../../../test/helpers/postgres.ts";
import { latestSamples } from "./samples.ts";

const newLife = testLives();

test("one account that starts slowly again and again decided the expected times of all: it is one of many", async () => {
  const db = await openTestDb(newLife());
  const insert = (of: { owner: string | null; count: number; seconds: number; endedAgo: number }) =>
    db.execute(
      `INSERT INTO project_starts (project_id, owner_id, request_time, requested, picked_up, ready, ended, outcome)
       SELECT gen_random_uuid(), coalesce($1::uuid, gen_random_uuid()), 't', ended, ended - make_interval(secs => $3), ended, ended, 'running'
       FROM (SELECT (now() AT TIME ZONE 'UTC') - make_interval(secs => $4 + n) AS ended FROM generate_series(1, $2::int) AS n) AS each`,
      [of.owner, of.count, of.seconds, of.endedAgo],
    );
  await insert({ owner: null, count: 400, seconds: 20, endedAgo: 600 });
  await insert({ owner: randomUUID(), count: 380, seconds: 170, endedAgo: 0 });
  const samples = await latestSamples(db);
  const secondsOf = (index: number) =>
    ((samples[index]?.ready?.getTime() ?? 0) - (samples[index]?.picked_up?.getTime() ?? 0)) / 1_000;
  const all = samples.map((_, index) => secondsOf(index));
  expect([all.filter((one) => one === 170).length, all.filter((one) => one === 20).length]).toEqual([20, 380]);
  expect(all.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 170)); // the latest first
});
