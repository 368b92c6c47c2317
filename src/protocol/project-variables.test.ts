import { expect, test } from "@jest/globals";
import { givenVariables, MAX_VARIABLES_BYTES, projectVariables, variablesTooLarge } from "./project-variables.ts";

const many = (count: number, length: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`V${index}`, "x".repeat(length)]));

test("eleven variables of 10,000 characters made a project that never starts: they are refused with the limit", () => {
  expect(projectVariables.safeParse(many(9, 10_000)).success).toBe(true);
  const refused = projectVariables.safeParse(many(11, 10_000));
  expect(refused.error?.issues.map(({ message }) => message)).toEqual([
    expect.stringMatching(/take 110,\d{3} bytes together, and at most 97,000 can be given/),
  ]);
});

test("what counts is bytes, as they are written, of what is given to a process", () => {
  expect(variablesTooLarge({ A: "é".repeat(48_000) })).toBeUndefined();
  expect(variablesTooLarge({ A: "é".repeat(49_000) })).toMatch(/98,\d{3} bytes/);
  expect(variablesTooLarge({ A: "\n".repeat(49_000) })).toMatch(/98,\d{3} bytes/);
  expect(variablesTooLarge({ "not a name": "x".repeat(200_000), NESTED: { a: "x".repeat(200_000) } })).toBeUndefined();
  expect(givenVariables({ A: 1, B: true, C: "c", D: null, "not a name": "x" })).toEqual({ A: "1", B: "true", C: "c" });
});

test("a value with NUL, with which no program starts, is refused", () => {
  expect(projectVariables.safeParse({ A: "a\0b" }).success).toBe(false);
  expect(projectVariables.safeParse({ A: "a\nb" }).success).toBe(true);
});

test("the most that is taken fits into one string of an environment, with room for its name", () => {
  const base64 = Math.ceil(MAX_VARIABLES_BYTES / 3) * 4;
  expect("COCALC_EXTRA_ENV=".length + base64 + 1).toBeLessThan(131_072 - 1_000);
});
