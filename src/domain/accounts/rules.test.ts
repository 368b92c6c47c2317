import { expect, test } from "@jest/globals";
import { MAX_PASSWORD, passwordProblem, passwordStrength } from "./password-rules.ts";
import { emailAddress, personName, vanityName } from "./rules.ts";

test("passwords that guessers try first are refused", () => {
  for (const bad of [
    "1234567",
    "12345678",
    "hgfedcba",
    "password",
    "Passw0rd!",
    "qwertzuiop",
    "Sunshine2024",
    "abababab",
    "x".repeat(MAX_PASSWORD + 1),
  ]) {
    expect({ bad, problem: passwordProblem(bad) }).toEqual({ bad, problem: expect.any(String) });
  }
  expect(passwordProblem("ada.lovelace", ["ada.lovelace@example.org"])).toMatch(/own name/);
  expect(passwordProblem("Lovelace1", ["Ada", "Lovelace"])).toMatch(/own name/);
});

test("passwords that people can remember are taken", () => {
  for (const good of [
    "seven quiet walruses",
    "Kräuterbutter7",
    "пароль на ночь",
    "x9!kQ2#w",
    "lovelace sleeps in turin",
  ]) {
    expect({ good, problem: passwordProblem(good, ["Ada", "Lovelace", "ada@example.org"]) }).toEqual({
      good,
      problem: undefined,
    });
  }
  expect(passwordStrength("12345678")).toBe(0);
  expect(passwordStrength("seven quiet walruses")).toBeGreaterThan(passwordStrength("x9!kQ2#w"));
});

test("addresses and names are brought into one form", () => {
  expect(emailAddress.parse("  Ada@Example.ORG ")).toBe("ada@example.org");
  expect(personName.parse(" Śrī Ñandú 李 ")).toBe("Śrī Ñandú 李");
  expect(personName.safeParse("a\u202eb").success).toBe(false);
  for (const name of ["ada", "a-b", "A1"]) expect(vanityName.safeParse(name).success).toBe(true);
  for (const name of ["-a", "a--b", "a-", "a b", "", "x".repeat(40)])
    expect(vanityName.safeParse(name).success).toBe(false);
});
