import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { testLog } from "../../../test/helpers/log.ts";
import { until } from "../../../test/helpers/until.ts";
import { isAppError } from "../../core/errors.ts";
import { bodyInTime } from "./body-in-time.ts";
import { serveHttp } from "./serve.ts";

const newLife = testLives();

async function readAndAnswer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = "";
  const read = async () => {
    body = await text(request);
  };
  try {
    await bodyInTime(response, 300, read);
    response.end(body);
  } catch (error) {
    response.writeHead(isAppError(error) ? error.status : 500).end();
  }
}

async function connected() {
  const { port } = await serveHttp(newLife(), {
    name: "bodies",
    listen: { host: "127.0.0.1", port: 0 },
    log: testLog(),
    handle: (request, response) => void readAndAnswer(request, response),
  });
  const client = connect(port, "127.0.0.1").setEncoding("latin1");
  client.on("error", () => {}); // it goes on writing when the server has closed
  return client;
}

test("a body that drips for ever held its connection for minutes", async () => {
  const client = await connected();
  client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
  let heard = "";
  client.on("data", (chunk) => {
    heard += chunk;
  });
  const drip = () => {
    client.write("x");
    return client.destroyed;
  };
  await until(drip, { everyMs: 20 });
  expect(heard).toMatch(/^HTTP\/1\.1 408 [\s\S]*connection: close/i);
});

test("a body in time is read, and its connection serves on", async () => {
  const client = await connected();
  for (const _ of [1, 2]) {
    client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok");
    expect(String(await once(client, "data"))).toMatch(/^HTTP\/1\.1 200 [\s\S]*keep-alive[\s\S]*ok$/i);
  }
  client.destroy();
});
