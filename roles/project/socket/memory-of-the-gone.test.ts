/** Against a real project server in this process: what nobody holds is gone once a class has left, though nothing asks for more memory. */

import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { startProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";

const newLife = testLives();

test("memory that a class of sockets left behind is collected once they have gone", async () => {
  const server = await startProjectServer(newLife());
  const left = new WeakRef({ of: "somebody who has gone" });
  await theNextTurn(); // what a turn has looked at is kept until it ends
  const clients = await Promise.all(Array.from({ length: 100 }, () => server.connect()));
  for (const { socket } of clients) socket.disconnect();
  await until(async () => {
    await theNextTurn();
    return left.deref() === undefined;
  });
  expect(left.deref()).toBeUndefined();
});

async function theNextTurn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setImmediate(resolve);
  await promise;
}
