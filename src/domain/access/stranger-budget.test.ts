import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { StrangerBudget } from "./stranger-budget.ts";

beforeEach(() => {
  jest.useFakeTimers(); // no budget fills meanwhile
});
afterEach(() => {
  jest.useRealTimers();
});

const ATTACKER = "2001:db8:1::1";
const nobody = async () => undefined;

/** Brings this many credentials that nobody knows from one network; how many were looked up. */
async function flood(budget: StrangerBudget, address: string, count: number): Promise<number> {
  const look = jest.fn(nobody);
  const tries = Array.from({ length: count }, (_, index) => budget.look(`random ${index}`, address, look));
  const refused = (await Promise.allSettled(tries)).filter(({ status }) => status === "rejected").length;
  expect(look).toHaveBeenCalledTimes(count - refused);
  return count - refused;
}

test("random cookies of a stranger were looked up without a limit, from as many addresses of one network as there are", async () => {
  const budget = new StrangerBudget();
  expect(await flood(budget, ATTACKER, 3_000)).toBe(2_000);
  await expect(budget.look("one more", "2001:db8:1:2::7", nobody)).rejects.toMatchObject({
    code: "rate_limited",
    retryAfterSeconds: expect.any(Number),
  });
  expect(await budget.look("elsewhere", "192.0.2.7", nobody)).toBeUndefined();
});

test("who shares a network with an attacker stays signed in; who ended a session there has no way around", async () => {
  const budget = new StrangerBudget();
  expect(await budget.look("ada", ATTACKER, async () => "Ada")).toBe("Ada");
  await flood(budget, ATTACKER, 3_000);
  expect(await budget.look("ada", ATTACKER, async () => "Ada")).toBe("Ada");
  expect(await budget.look("ada", ATTACKER, nobody)).toBeUndefined(); // signed out
  await expect(budget.look("ada", ATTACKER, nobody)).rejects.toMatchObject({ code: "rate_limited" });
});

test("what is good costs nothing, nor does what could not be looked up: a class comes back at once after an outage", async () => {
  const budget = new StrangerBudget();
  const away = async () => Promise.reject(new Error("the database is away"));
  for (let person = 0; person < 3_000; person += 1) {
    await expect(budget.look(`person ${person}`, ATTACKER, away)).rejects.toThrow("away");
    expect(await budget.look(`person ${person}`, ATTACKER, async () => person + 1)).toBe(person + 1);
    expect(await budget.look(undefined, ATTACKER, async () => person + 1)).toBe(person + 1);
  }
  expect(await budget.look("stranger", ATTACKER, nobody)).toBeUndefined();
});
