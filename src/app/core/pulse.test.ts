/** A pulse on real sockets, over lines that are slow or silent. */

import type { AddressInfo } from "node:net";
import { expect, test } from "@jest/globals";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { testLives } from "../../../test/helpers/life.ts";
import { openTcpProxy } from "../../../test/helpers/tcp-proxy.ts";
import { until } from "../../../test/helpers/until.ts";
import { feelPulse } from "./pulse.ts";

const newLife = testLives();
const PACE = { askAfterMs: 50, answerWithinMs: 100, mostMs: 20_000, slowBytesPerMs: 50 };
const SLOW_BYTES_PER_MS = 1_000;

/** A page and a server that says how long a text is, and sends texts as long as is wanted. */
async function openLine() {
  const life = newLife();
  const server = new Server(0, { maxHttpBufferSize: 10_000_000 });
  life.defer("server", () => server.close());
  server.on("connection", (socket) => {
    socket.on("ping", (_, answer) => answer());
    socket.on("put", (text: string, answer) => answer(text.length));
    socket.on("get", (length: number, answer) => answer("x".repeat(length)));
  });
  const { port } = server.httpServer.address() as AddressInfo; // it listens on a port
  const proxy = await openTcpProxy(life, { host: "127.0.0.1", port });
  const page = io(`http://127.0.0.1:${proxy.port}`, {
    transports: ["websocket"],
    forceNew: true,
    reconnectionDelay: 10,
  });
  life.defer("page", () => void page.disconnect());
  feelPulse(page, "ping", PACE);
  let losses = 0;
  page.on("disconnect", () => {
    losses += 1;
  });
  await until(() => page.connected);
  return { proxy, page, losses: () => losses };
}

test("a large text over a slow uplink goes out, and the connection is not taken for dead meanwhile", async () => {
  const { proxy, page, losses } = await openLine();
  proxy.slow(SLOW_BYTES_PER_MS);
  expect(await page.emitWithAck("put", "x".repeat(2_000_000))).toBe(2_000_000);
  expect(losses()).toBe(0);
});

test("a large text over a slow downlink comes in after all", async () => {
  const { proxy, page, losses } = await openLine();
  proxy.slow(SLOW_BYTES_PER_MS);
  let length = 0;
  const ask = () =>
    page.emit("get", 1_000_000, (text: string) => {
      length = text.length;
    });
  page.on("connect", ask);
  ask();
  await until(() => length === 1_000_000, { timeoutMs: 60_000 });
  expect(losses()).toBeGreaterThan(0); // the first time nothing told it from a dead one
}, 70_000);

test("a line that has fallen silent is given up when something is sent", async () => {
  const { proxy, page, losses } = await openLine();
  proxy.hangOpen();
  page.emit("put", "typed");
  await until(() => losses() === 1);
});
