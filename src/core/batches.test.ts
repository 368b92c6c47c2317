import { expect, test } from "@jest/globals";
import { Batches } from "./batches.ts";

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

test("an error is everybody's of its run, and of nobody else", async () => {
  const batches = new Batches<number, number>({
    max: 10,
    parallel: 1,
    run: async (inputs) => {
      if (inputs.includes(13)) throw new Error("unlucky");
      return inputs;
    },
  });
  const answers = await Promise.allSettled([batches.ask(1), batches.ask(13)]);
  expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await batches.ask(2)).toBe(2);
});
