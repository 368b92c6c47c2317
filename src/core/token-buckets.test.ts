import { expect, test } from "@jest/globals";
import { TokenBucket, TokenBuckets } from "./token-buckets.ts";

const taken = (bucket: TokenBucket, tries: number, now: number) =>
  Array.from({ length: tries }, () => bucket.take(now)).filter((wait) => wait === 0).length;

test("a bucket gives its burst at once, then what has flowed in since, and never more than its burst", () => {
  const bucket = new TokenBucket({ burst: 10, perSecond: 2 }, 0);
  expect(taken(bucket, 50, 0)).toBe(10);
  expect(bucket.take(0)).toBe(500);
  expect(bucket.take(250)).toBe(250);
  expect(taken(bucket, 50, 3_000)).toBe(6);
  expect(taken(bucket, 50, 3_600_000)).toBe(10);
});

test("what was taken beyond what there was has to flow in first", () => {
  const bucket = new TokenBucket({ burst: 10, perSecond: 2 }, 0);
  expect(bucket.take(0)).toBe(0);
  bucket.owe(19);
  expect(bucket.take(0)).toBe(5_500);
  expect(bucket.take(5_500)).toBe(0);
});

test("a clock that is put back takes nothing away and gives nothing", () => {
  const bucket = new TokenBucket({ burst: 2, perSecond: 1 }, 10_000);
  expect(taken(bucket, 5, 10_000)).toBe(2);
  expect(taken(bucket, 5, 0)).toBe(0);
  expect(taken(bucket, 5, 1_000)).toBe(1);
});

test("each key has its own bucket, and not more keys are kept than may be, those used last", () => {
  const buckets = new TokenBuckets({ burst: 1, perSecond: 1 }, { maxKeys: 2 });
  expect(buckets.take("a", 0)).toBe(0);
  expect(buckets.take("b", 0)).toBe(0);
  expect(buckets.take("a", 0)).toBe(1_000);
  buckets.take("c", 0);
  expect(buckets.size).toBe(2);
  expect(buckets.take("a", 0)).toBe(1_000);
  expect(buckets.take("b", 0)).toBe(0);
});
