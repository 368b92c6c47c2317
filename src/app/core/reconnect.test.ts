import { expect, test } from "@jest/globals";
import { until } from "../../../test/helpers/until.ts";
import { Reconnect } from "./reconnect.ts";

/** A socket that is only counted. */
function openCounted(workedMs: number) {
  const connect = () => {
    socket.tries += 1;
  };
  const socket = { connected: false, tries: 0, connect };
  return { socket, reconnect: new Reconnect(socket, { firstMs: 1, maxMs: 16, workedMs, random: () => 0.5 }) };
}

test("a session that is let in and thrown out does not begin the waiting anew, one that worked does", async () => {
  const { socket, reconnect } = openCounted(20);
  for (let losses = 1; losses <= 5; losses += 1) {
    reconnect.works();
    reconnect.lost();
    expect(reconnect.losses).toBe(losses);
    await until(() => socket.tries === losses);
  }
  reconnect.works();
  const since = performance.now();
  await until(() => performance.now() - since > 25);
  reconnect.lost();
  expect(reconnect.losses).toBe(1);
  await until(() => socket.tries === 6);
});

test("what rests connects no more, and a network that is back is not waited for", async () => {
  const { socket, reconnect } = openCounted(20);
  reconnect.soon();
  reconnect.lost();
  reconnect.soon();
  await until(() => socket.tries === 1);
  reconnect.lost();
  reconnect.rest();
  const since = performance.now();
  await until(() => performance.now() - since > 50);
  expect(socket.tries).toBe(1);
});
