import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Durations, durationAt, durationsOf, likeliest, remaining } from "./durations.ts";

const samples = fc.array(fc.integer({ min: 1, max: 600_000 }), { minLength: 1, maxLength: 60 });
const weightOf = (durations: Durations) => durations.reduce((sum, { weight }) => sum + weight, 0);
const covered = (all: readonly number[], told: number) => all.filter((ms) => told / 2 <= ms && ms <= told * 2).length;

test("no other number has more of the samples between its half and its double", () => {
  fc.assert(
    fc.property(samples, fc.integer({ min: 1, max: 1_200_000 }), (all, other) => {
      expect(covered(all, likeliest(durationsOf(all)) ?? 0)).toBeGreaterThanOrEqual(covered(all, other));
    }),
  );
});

test("where half of them take four times as long as the others, one number is right for all within a factor of two", () => {
  expect(likeliest(durationsOf([5_000, 5_000, 20_000, 20_000]))).toBe(10_000);
  expect(likeliest(durationsOf([5_000, 5_100, 5_200, 90_000]))).toBe(5_100);
  expect(likeliest(durationsOf([]))).toBeUndefined();
});

test("what is under way weighs for the longer ones, and none is lost", () => {
  expect(durationsOf([1_000, 9_000], [2_000])).toEqual([
    { ms: 1_000, weight: 1 },
    { ms: 9_000, weight: 2 },
  ]);
  expect(durationsOf([1_000], [2_000])).toEqual([
    { ms: 1_000, weight: 1 },
    { ms: 4_000, weight: 1 },
  ]);
  fc.assert(
    fc.property(samples, samples, (ended, underWay) => {
      const durations = durationsOf(ended, underWay);
      expect(weightOf(durations)).toBeCloseTo(ended.length + underWay.length, 6);
      // A little less than the half: where the half is between two, a rounding decides which it is.
      expect(durationAt(durations, 0.5)).toBeGreaterThanOrEqual(durationAt(durationsOf(ended), 0.499));
    }),
  );
});

test("what is left is never nothing, however long it has taken already", () => {
  expect(remaining(durationsOf([3_000, 8_000]), 5_000)).toEqual([{ ms: 3_000, weight: 1 }]);
  expect(remaining(durationsOf([3_000]), 5_000)).toEqual([{ ms: 5_000, weight: 1 }]);
  expect(remaining([], 5_000)).toEqual([]);
});
