import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { Recently } from "./recently.ts";

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test("a key is new once in its time, however often it comes meanwhile", () => {
  const recently = new Recently({ ttlMs: 1_000, max: 10 });
  expect([recently.has("a"), recently.add("a"), recently.has("a")]).toEqual([false, true, true]);
  jest.advanceTimersByTime(999);
  expect(recently.add("a")).toBe(false);
  jest.advanceTimersByTime(1);
  expect([recently.has("a"), recently.add("a"), recently.add("a")]).toEqual([false, true, false]);
  recently.delete("a");
  expect([recently.has("a"), recently.add("a")]).toEqual([false, true]);
  recently.clear();
  expect(recently.has("a")).toBe(false);
});

test("no more keys are remembered than the bound, and the oldest goes first", () => {
  const recently = new Recently({ ttlMs: 1_000, max: 2 });
  for (const key of ["a", "b", "a", "c"]) recently.add(key);
  expect(["a", "b", "c"].map((key) => recently.has(key))).toEqual([false, true, true]);
});
