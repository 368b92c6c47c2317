import { expect, test } from "@jest/globals";
import { isAppError } from "../../core/errors.ts";
import { ActionBudget } from "./action-budget.ts";

test("one account asked for starts and stops without end: it is told to go on more slowly, and nobody else is", () => {
  const budget = new ActionBudget();
  const many = (accountId: string, isAdmin: boolean) => {
    for (let index = 0; index < 1_000; index += 1) budget.take({ accountId, isAdmin });
  };
  many("teacher", false);
  const refused = () => budget.take({ accountId: "teacher", isAdmin: false });
  expect(refused).toThrow(/very many starts and stops of projects lately\. Go on in 1 s/);
  try {
    refused();
  } catch (error) {
    expect(isAppError(error, "rate_limited") && [error.status, error.retryAfterSeconds]).toEqual([429, 1]);
  }
  many("student", false);
  many("administrator", true);
  many("administrator", true);
});
