/** How a server of ours stops, over real connections. */

import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { testLog } from "../../../test/helpers/log.ts";
import { until } from "../../../test/helpers/until.ts";
import { serveHttp } from "./serve.ts";

const newLife = testLives();

/** A server whose answers the test gives, and a client that has asked. */
async function asked(head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n") {
  const life = newLife();
  const under: ServerResponse[] = [];
  let upgrades = 0;
  const { port } = await serveHttp(life, {
    name: "test",
    listen: { host: "127.0.0.1", port: 0 },
    log: testLog(),
    handle: (_request, response) => void under.push(response),
    upgrade: () => {
      upgrades += 1;
    },
  });
  const client = connect(port, "127.0.0.1");
  client.on("error", () => {});
  const heard = { text: "" };
  client.on("data", (bytes: Buffer) => {
    heard.text += bytes.toString("latin1");
  });
  client.write(head);
  await until(() => under.length + upgrades === 1);
  return { life, client, heard, under };
}

test("draining cut answers off after 5 seconds though 25 are allowed: it waits for them", async () => {
  const { life, client, heard, under } = await asked();
  const stopped = life.stop();
  const began = performance.now();
  await until(() => performance.now() - began > 5_500);
  expect(client.destroyed).toBe(false);
  under[0]?.end("late");
  await until(() => client.destroyed);
  expect(heard.text).toMatch(/\r\nConnection: close\r\n[\s\S]*late/);
  expect(await stopped).toEqual([]);
});

test("what does not end by itself is cut off in time for the rest to be undone", async () => {
  const { life, client } = await asked();
  expect(await life.stop({ deadlineMs: 4_000 })).toEqual([]);
  await until(() => client.destroyed);
});

test("an upgraded socket is ended by the server's own undo, whoever has it", async () => {
  const { life, client } = await asked("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
  expect(await life.stop()).toEqual([]);
  await until(() => client.destroyed);
});
