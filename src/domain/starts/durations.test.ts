import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { spans } from "../../../test/helpers/spans.ts";
import { type Durations, durationAt, durationsOf, likeliest, remaining, shareWithin } from "./durations.ts";

const lengths = fc.array(fc.integer({ min: 1, max: 600_000 }), { minLength: 1, maxLength: 60 });
const weightOf = (durations: Durations) => durations.reduce((sum, { weight }) => sum + weight, 0);
const covered = (all: readonly number[], told: number) => all.filter((ms) => told / 2 <= ms && ms <= told * 2).length;

test("no other number has more of the samples between its half and its double", () => {
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 1_200_000 }), (all, other) => {
      expect(covered(all, likeliest(durationsOf(spans(all))) ?? 0)).toBeGreaterThanOrEqual(covered(all, other));
    }),
  );
});

test("where half of them take four times as long as the others, one number is right for all within a factor of two", () => {
  expect(likeliest(durationsOf(spans([5_000, 5_000, 20_000, 20_000])))).toBe(10_000);
  expect(likeliest(durationsOf(spans([5_000, 5_100, 5_200, 90_000])))).toBeCloseTo(Math.sqrt(5_000 * 5_200), 6);
  expect(likeliest(durationsOf(spans([])))).toBeUndefined();
});

test("what is under way weighs for the longer ones, and none is lost", () => {
  expect(durationsOf([...spans([1_000, 9_000]), ...spans([2_000], { isOver: false })])).toEqual([
    { ms: 1_000, weight: 1 },
    { ms: 9_000, weight: 2 },
  ]);
  expect(durationsOf([...spans([1_000]), ...spans([2_000], { isOver: false })])).toEqual([
    { ms: 1_000, weight: 1 },
    { ms: 4_000, weight: 1 },
  ]);
  fc.assert(
    fc.property(lengths, lengths, (ended, underWay) => {
      const durations = durationsOf([...spans(ended), ...spans(underWay, { isOver: false })]);
      expect(weightOf(durations)).toBeCloseTo(ended.length + underWay.length, 6);
      // A little less than the half: where the half is between two, a rounding decides which it is.
      expect(durationAt(durations, 0.5)).toBeGreaterThanOrEqual(durationAt(durationsOf(spans(ended)), 0.499));
    }),
  );
});

test("what is left is never nothing, however long it has taken already", () => {
  expect(remaining(durationsOf(spans([3_000, 8_000])), 5_000)).toEqual([{ ms: 3_000, weight: 1 }]);
  expect(remaining(durationsOf(spans([3_000])), 5_000)).toEqual([{ ms: 5_000, weight: 1 }]);
  expect(remaining([], 5_000)).toEqual([]);
});

test("what weighs little decides little, and tells how long others may take", () => {
  const rare = { ms: 9_000, weight: 0.01, isOver: true };
  expect(durationsOf([...spans([1_000]), rare])[1]?.weight).toBe(0.01);
  const [quick, slow] = durationsOf([...spans([1_000]), ...spans([2_000], { isOver: false }), rare]);
  expect(quick).toEqual({ ms: 1_000, weight: 1 });
  expect(slow?.ms).toBe(9_000);
  expect(slow?.weight).toBeCloseTo(1.01, 6);
  expect(durationsOf(spans([1_000], { isOver: false }))).toEqual([]);
});

test("the share that is right is of those between the half and the double", () => {
  expect(shareWithin(durationsOf(spans([1_000, 1_000, 4_000, 20_000])), 2_000)).toBe(0.75);
  expect(shareWithin([], 2_000)).toBe(0);
});
