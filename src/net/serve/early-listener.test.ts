/** Connections that come before a server is there, in one process. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { testLog } from "../../../test/helpers/log.ts";
import { until } from "../../../test/helpers/until.ts";
import { EarlyListener } from "./early-listener.ts";
import { freePort } from "./free-port.ts";
import { type Handle, serveHttp, type Upgrade } from "./serve.ts";

const newLife = testLives();
const HOST = "127.0.0.1";

async function open(maxWaiting?: number) {
  const [life, clients] = [newLife(), newLife()];
  const address = { host: HOST, port: await freePort() };
  const early = await EarlyListener.open(address, maxWaiting);
  if (early === undefined) throw new Error("it does not listen");
  const dial = async (first = "") => {
    const socket = connect(address.port, HOST).setEncoding("latin1");
    clients.defer("client", () => void socket.destroy()); // not with the server: what it said last would be lost
    const talk = { socket, text: "", ended: false };
    socket.on("data", (text: string) => {
      talk.text += text;
    });
    socket.on("close", () => {
      talk.ended = true;
    });
    socket.on("error", () => {});
    await once(socket, "connect");
    socket.write(first);
    return talk;
  };
  const handle: Handle = (request, response) => void response.end(`you asked for ${request.url}`);
  const serve = (more: { handle?: Handle; upgrade?: Upgrade } = {}) =>
    serveHttp(life, { name: "test", listen: { ...address, early }, log: testLog(), handle, ...more });
  return { life, early, dial, serve, port: address.port };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

test("a request that comes before the program is loaded is refused: it waits, unread, and is answered", async () => {
  const { early, dial, serve } = await open();
  const clients = await Promise.all(["/a", "/b", "/c"].map((path) => dial(get(path))));
  await until(() => early.waiting === 3);
  expect(clients.map(({ text }) => text)).toEqual(["", "", ""]);
  await serve();
  await until(() => clients.every(({ text }) => text.includes("you asked for")));
  expect(clients[1]?.text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*you asked for \/b$/);
  clients[1]?.socket.write(get("/again"));
  const later = await dial(get("/later"));
  await until(() => later.text.includes("/later") && clients[1]?.text.includes("/again"));
});

test("a WebSocket that is asked for before the program is loaded is upgraded, with what was sent behind its head", async () => {
  const { early, dial, serve } = await open();
  const head = "GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
  const client = await dial(`${head}first `);
  await until(() => early.waiting === 1);
  await serve({
    upgrade: (_request, socket, rest) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      socket.write(rest);
      socket.pipe(socket);
    },
  });
  await until(() => client.text.endsWith("first "));
  client.socket.write("second");
  await until(() => client.text.endsWith("first second"));
});

test("who is gone before the program is loaded harms nobody", async () => {
  const { early, dial, serve } = await open();
  const [ended, reset, stays] = [await dial(get("/ended")), await dial(get("/reset")), await dial(get("/stays"))];
  await until(() => early.waiting === 3);
  ended.socket.destroy();
  reset.socket.resetAndDestroy();
  const serving = await serve();
  await until(() => stays.text.includes("/stays"));
  await until(() => serving.connections() === 1);
});

test("connections beyond the bound are closed, not held, and the others are answered", async () => {
  const { early, dial, serve } = await open(2);
  const held = [await dial(get("/one")), await dial(get("/two"))];
  await until(() => early.waiting === 2);
  const beyond = await dial();
  await until(() => beyond.ended);
  expect(early.waiting).toBe(2);
  await serve();
  await until(() => held.every(({ text }) => text.includes("you asked for")));
  const more = await Promise.all([dial(get("/3")), dial(get("/4")), dial(get("/5"))]);
  await until(() => more.every(({ text }) => text.includes("you asked for"))); // the bound was that of waiting
});

test("a server that stops answers what had waited for it, and lets go of what is idle", async () => {
  const { life, early, dial, serve, port } = await open();
  const [slow, idle] = [await dial(get("/slow")), await dial(get("/idle"))];
  await until(() => early.waiting === 2);
  const asked = Promise.withResolvers<() => void>();
  await serve({
    handle: (request, response) => {
      if (request.url === "/slow") asked.resolve(() => void response.end("slow but sure"));
      else response.end("at once");
    },
  });
  await until(() => idle.text.includes("at once"));
  const answer = await asked.promise;
  const stopped = life.stop();
  await until(() => idle.ended);
  const refused: Socket = connect(port, HOST);
  await once(refused, "error");
  answer();
  expect(await stopped).toEqual([]);
  await until(() => slow.text.endsWith("slow but sure"));
});

test("of an address that is taken nothing is opened, and the server says so in its words", async () => {
  const { life, port, serve } = await open();
  await serve();
  expect(await EarlyListener.open({ host: HOST, port })).toBeUndefined();
  const again = serveHttp(life, { name: "test", listen: { host: HOST, port }, log: testLog(), handle: () => {} });
  await expect(again).rejects.toThrow(/port \d+ on 127\.0\.0\.1 is taken by another program/);
});
