import { expect, test } from "@jest/globals";
import { wouldEnd } from "./ending.ts";

const person = (name: string) => ({ account_id: name, name });
const nothing = { people: [], programs: [], morePrograms: 0 };

test("nothing is said where nobody else is there and nothing runs", () => {
  expect(wouldEnd({ ...nothing, people: [person("me")] }, "me")).toEqual([]);
});

test("others and programs are named, and those beyond a few are counted", () => {
  const people = ["me", "Bob", "Eve"].map(person);
  const programs = ["a", "b", "c", "d", "e", "f"];
  expect(wouldEnd({ people, programs, morePrograms: 2 }, "me")).toEqual([
    "Bob and Eve are working in it now.",
    "These run in it and end: a · b · c · d · e and 3 more programs.",
  ]);
  expect(wouldEnd({ ...nothing, people: [person("Bob")] }, "me")).toEqual(["Bob is working in it now."]);
});
