import { expect, test } from "@jest/globals";
import { Batches } from "./batches.ts";
import { unavailable } from "./errors.ts";

test("what is asked while an answer is awaited goes out together, and each gets its own answer", async () => {
  const runs: number[][] = [];
  const gate = Promise.withResolvers<void>();
  const batches = new Batches<number, number>({
    max: 3,
    parallel: 1,
    run: async (inputs) => {
      runs.push(inputs);
      if (runs.length === 1) await gate.promise;
      return inputs.map((input) => input * 2);
    },
  });
  const first = batches.ask(1);
  await Promise.resolve();
  const others = [2, 3, 4, 5].map((input) => batches.ask(input));
  gate.resolve();
  expect(await first).toBe(2);
  expect(await Promise.all(others)).toEqual([4, 6, 8, 10]);
  expect(runs).toEqual([[1], [2, 3, 4], [5]]);
});

test("one bad question of a hundred was everybody's error: the other ninety-nine are answered", async () => {
  const sizes: number[] = [];
  const batches = new Batches<number, number>({
    max: 100,
    parallel: 1,
    run: async (inputs) => {
      sizes.push(inputs.length);
      if (inputs.includes(13)) throw new Error("unlucky");
      return inputs.map((input) => input * 2);
    },
  });
  const asked = Array.from({ length: 100 }, (_, index) => index);
  const answers = await Promise.allSettled(asked.map((input) => batches.ask(input)));
  for (const [input, answer] of answers.entries()) {
    expect(answer).toMatchObject(input === 13 ? { reason: { message: "unlucky" } } : { value: input * 2 });
  }
  expect(sizes.length).toBeLessThanOrEqual(15); // and not one by one
});

test("that nobody is there to answer is told to all of a run, and not asked again for each", async () => {
  let runs = 0;
  const batches = new Batches<number, number>({
    max: 10,
    parallel: 1,
    run: async () => {
      runs += 1;
      throw unavailable("The database cannot be reached.");
    },
  });
  const answers = await Promise.allSettled([batches.ask(1), batches.ask(2), batches.ask(3)]);
  expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(runs).toBe(1);
});
