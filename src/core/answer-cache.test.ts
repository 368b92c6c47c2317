import { expect, test } from "@jest/globals";
import { AnswerCache } from "./answer-cache.ts";

test("those who come together are answered by one question, later ones for a while", async () => {
  const cache = new AnswerCache<number>({ ttlMs: 60_000, max: 10 });
  let asked = 0;
  const ask = async () => {
    asked += 1;
    return asked;
  };
  expect(await Promise.all([cache.get("a", ask), cache.get("a", ask)])).toEqual([1, 1]);
  expect(await cache.get("a", ask)).toBe(1);
  cache.forget("a");
  expect(await cache.get("a", ask)).toBe(2);
});

test("an answer that was asked for before a change is given to nobody after it", async () => {
  const cache = new AnswerCache<string>({ ttlMs: 60_000, max: 10 });
  const old = Promise.withResolvers<string>();
  const before = cache.get("a", () => old.promise);
  cache.forget("a");
  const after = cache.get("a", async () => "new");
  old.resolve("old");
  expect(await before).toBe("old");
  expect(await after).toBe("new");
  expect(await cache.get("a", async () => "never asked")).toBe("new");
});

test("failures are not kept, and no more than the bound is", async () => {
  const cache = new AnswerCache<number>({ ttlMs: 60_000, max: 3 });
  await expect(cache.get("a", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(await cache.get("a", async () => 1)).toBe(1);
  for (const key of ["b", "c", "d", "e"]) await cache.get(key, async () => 2);
  expect(cache.size).toBe(3);
  expect(cache.known("a")).toBeUndefined();
});

test("an answer is believed only for its time", async () => {
  const cache = new AnswerCache<number>({ ttlMs: -1, max: 3 });
  expect([await cache.get("a", async () => 1), await cache.get("a", async () => 2)]).toEqual([1, 2]);
});
