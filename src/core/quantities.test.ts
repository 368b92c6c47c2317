/** Quantities as Kubernetes writes them. */

import { expect, test } from "@jest/globals";
import { quantity } from "./quantities.ts";

test.each([
  ["500m", 0.5],
  ["1", 1],
  [2, 2],
  ["1.5Gi", 1.5 * 2 ** 30],
  ["100k", 100_000],
  ["1e3", 1_000],
  ["12E", 12e18],
  [".5", 0.5],
])("%s is %d", (text, expected) => {
  expect(quantity(text)).toBe(expected);
});

test.each(["", "1 Gi", "Gi", "1KB", "--1", "1ee3"])("%j is none", (text) => {
  expect(quantity(text)).toBeUndefined();
});
