import { expect, test } from "@jest/globals";
import { Backoff } from "./backoff.ts";

test("doubles up to the maximum, and begins anew after success", () => {
  const backoff = new Backoff({ firstMs: 100, maxMs: 450, random: () => 0.5 });
  expect([backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual([100, 200, 400, 450]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});

test("spreads a fleet from half to one and a half of the delay", () => {
  expect(new Backoff({ firstMs: 100, maxMs: 100, random: () => 0 }).next()).toBe(50);
  expect(new Backoff({ firstMs: 100, maxMs: 100, random: () => 0.999 }).next()).toBeCloseTo(149.9);
});
