import { expect, test } from "@jest/globals";
import { testLives } from "../../helpers/life.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { findDifferences } from "../../smuggling/differences.ts";
import { openRecorder } from "../../smuggling/recorder.ts";
import { openFaultyProxy, openHops } from "../../smuggling/ways.ts";

const newLife = testLives();
const SEED = 20_261_127;
const CASES = 2_000;

test(`${CASES} requests are read behind ingress and hub-proxy as before them, and each answer names its asker`, async () => {
  const life = newLife();
  const [alone, end] = [await openRecorder(life), await openRecorder(life)];
  const { ingress, road } = await openHops(life, await openTestDb(life), end);
  const found = await findDifferences({
    alone: { port: alone.port, recorder: alone },
    through: { port: ingress, recorder: end },
    road,
    seed: SEED,
    cases: CASES,
  });
  expect(found.differences).toEqual([]);
  expect(found.accepted / found.cases).toBeGreaterThan(0.4);
  expect(found.arrived).toBe(found.answered);
});

test("the fault that was once ours, put back, is found within 1,000 requests", async () => {
  const life = newLife();
  const [alone, end] = [await openRecorder(life), await openRecorder(life)];
  const found = await findDifferences({
    alone: { port: alone.port, recorder: alone },
    through: { port: await openFaultyProxy(life, end), recorder: end },
    road: { host: "localhost", path: "/x", headers: "" },
    seed: SEED,
    cases: 1_000,
    stopAtFirst: true,
  });
  expect(found.differences.length).toBeGreaterThan(0);
});
