import { expect, test } from "@jest/globals";
import { Patience } from "./patience.ts";

const PACE = { answerWithinMs: 4_000, mostMs: 20_000, slowBytesPerMs: 100 };

test("a slow uplink is not taken for a dead end: an answer may take as long as what was sent before, and no longer", () => {
  const patience = new Patience(PACE);
  expect(patience.forAnswer(0)).toBe(4_000);
  patience.sent(800_000, 0);
  expect(patience.forAnswer(3_000)).toBe(9_000);
  patience.sent(100_000, 5_000);
  expect(patience.forAnswer(5_000)).toBe(8_000);
  expect(patience.forAnswer(60_000)).toBe(4_000);
});

test("a slow downlink is not taken for a dead end for ever: each time there is more patience, and less when answers are quick", () => {
  const patience = new Patience(PACE);
  const given = [1, 2, 3, 4].map(() => {
    patience.missed();
    return patience.forAnswer(0);
  });
  expect(given).toEqual([8_000, 16_000, 20_000, 20_000]);
  patience.answered(0, 5_000);
  expect(patience.forAnswer(9_000)).toBe(10_000);
  patience.answered(0, 20);
  expect(patience.forAnswer(9_000)).toBe(4_000);
});
