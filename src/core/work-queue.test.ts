import { expect, test } from "@jest/globals";
import { testLives } from "../../test/helpers/life.ts";
import { until } from "../../test/helpers/until.ts";
import { WorkQueue, type WorkQueueOptions } from "./work-queue.ts";

const newLife = testLives();

function openQueue(reconcile: WorkQueueOptions["reconcile"], options: Partial<WorkQueueOptions> = {}) {
  const errors: unknown[] = [];
  const onError = (_key: string, error: unknown) => void errors.push(error);
  return {
    queue: new WorkQueue(newLife(), { concurrency: 2, maxRetryMs: 30_000, reconcile, onError, ...options }),
    errors,
  };
}

test("merges doubles while a key waits, and works once more when it is added while worked on", async () => {
  const gate = Promise.withResolvers<void>();
  const seen: string[] = [];
  const { queue } = openQueue(
    async (key) => {
      seen.push(key);
      if (seen.length === 1) await gate.promise;
      return undefined;
    },
    { concurrency: 1 },
  );
  queue.add("a");
  queue.add("b");
  queue.add("b");
  queue.add("a");
  queue.add("a");
  gate.resolve();
  await until(() => queue.size === 0);
  expect(seen).toEqual(["a", "b", "a"]);
});

test("never works on one key twice at once, and on no more keys than allowed", async () => {
  const working = new Set<string>();
  let most = 0;
  const { queue } = openQueue(async (key) => {
    expect(working.has(key)).toBe(false);
    working.add(key);
    most = Math.max(most, working.size);
    await Promise.resolve();
    working.delete(key);
    return undefined;
  });
  for (let round = 0; round < 50; round += 1) for (const key of ["a", "b", "c", "d"]) queue.add(key);
  await until(() => queue.size === 0);
  expect(most).toBe(2);
});

test("a failing key is tried again later without holding up the others", async () => {
  let tries = 0;
  const done: string[] = [];
  const { queue, errors } = openQueue(
    async (key) => {
      if (key === "bad" && ++tries < 4) throw new Error("not yet");
      done.push(key);
      return undefined;
    },
    { maxRetryMs: 5 },
  );
  queue.add("bad");
  queue.add("good");
  await until(() => done.includes("bad"));
  expect(done).toEqual(["good", "bad"]);
  expect(errors).toHaveLength(3);
});

test("looks again after the time that reconcile asks for", async () => {
  let looks = 0;
  const { queue } = openQueue(async () => (++looks < 3 ? 1 : undefined));
  queue.add("a");
  await until(() => looks === 3);
});
