/** What is left of a request when its answer is given early, over real connections. */

import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { testLog } from "../../../test/helpers/log.ts";
import { bodyOf, dropRest } from "./drop-rest.ts";
import { serveHttp } from "./serve.ts";

const newLife = testLives();
const HALF = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf";

/** A client of a server that reads the first part of a body in its own way, answers 413 and drops the rest, saying so twice. */
async function clientOf(read: (request: IncomingMessage) => AsyncIterable<Buffer>) {
  const life = newLife();
  const handle = async (request: IncomingMessage, response: Parameters<typeof dropRest>[1]) => {
    for await (const _ of read(request)) break;
    response.writeHead(413, { "Content-Length": 0 });
    response.end();
    dropRest(request, response);
    dropRest(request, response);
  };
  const thrown: unknown[] = [];
  const { port } = await serveHttp(life, {
    name: "early",
    listen: { host: "127.0.0.1", port: 0 },
    log: testLog(),
    handle: (request, response) => void handle(request, response).catch((error: unknown) => thrown.push(error)),
  });
  const client = connect(port, "127.0.0.1");
  client.setEncoding("latin1").write(HALF);
  return { life, client, thrown };
}

test("a request that was broken off takes the rest, and its connection serves on", async () => {
  const { client } = await clientOf(bodyOf);
  expect(String(await once(client, "data"))).toMatch(/^HTTP\/1\.1 413 /);
  client.write(`rest${HALF}`);
  expect(String(await once(client, "data"))).toMatch(/^HTTP\/1\.1 413 /);
  client.destroy();
});

test("a request that was destroyed is answered, and its connection ends and holds up no stop", async () => {
  const { life, client, thrown } = await clientOf((request) => request);
  expect(String(await once(client, "data"))).toMatch(/^HTTP\/1\.1 413 /);
  await once(client, "end");
  expect(thrown).toEqual([]);
  expect(await life.stop()).toEqual([]);
});
