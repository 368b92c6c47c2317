import { expect, test } from "@jest/globals";
import { testLives } from "../../test/helpers/life.ts";
import { until } from "../../test/helpers/until.ts";
import { collectAtRest } from "./memory-at-rest.ts";

const newLife = testLives();

test("what a start or a class left behind is collected once the process rests, though nothing asks for more memory", async () => {
  const left = new WeakRef({ of: "somebody who has gone" });
  await theNextTurn(); // what a turn has looked at is kept until it ends
  collectAtRest(newLife());
  await until(
    async () => {
      await theNextTurn();
      return left.deref() === undefined;
    },
    { everyMs: 500 }, // rest
  );
  expect(left.deref()).toBeUndefined();
});

async function theNextTurn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setImmediate(resolve);
  await promise;
}
