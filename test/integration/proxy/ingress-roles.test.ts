import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { expect, test } from "@jest/globals";
import type { Life } from "../../../src/core/life.ts";
import { testLives } from "../../helpers/life.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";
import { ask, askUpgrade, dial } from "./wire.ts";

const newLife = testLives();
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n";
const host = "localhost";

interface Heard {
  socket: Socket;
  text: string;
}

type OnText = (heard: Heard, connection: number) => void;

/** An ingress before a role that does with each connection what the test says; `heard` is what came on each. */
async function ingressBefore(onText: OnText, env: Record<string, string> = {}) {
  const life = newLife();
  const heard: Heard[] = [];
  const server = createServer((socket) => {
    const connection: Heard = { socket, text: "" };
    const index = heard.push(connection) - 1;
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      connection.text += bytes.toString("latin1");
      onText(connection, index);
    });
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  life.defer("role", () => {
    for (const { socket } of heard) socket.destroy();
    server.close();
  });
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  const own = life.child("ingress");
  const ingress = await startRole(own, "ingress", { origins: { "hub-next": origin, "hub-websocket": origin }, env });
  return { ingress, heard, own };
}

/** A connection on which this is said; `text` is what was answered. */
function open(ingress: string, words: string) {
  const socket = dial(ingress);
  const answered = { socket, text: "" };
  socket.on("data", (bytes: Buffer) => {
    answered.text += bytes.toString("latin1");
  });
  socket.write(words);
  return answered;
}

const requestsIn = ({ text }: Heard) => text.split("HTTP/1.1\r\n").length - 1;

test("a kept connection that is gone costs a GET or HEAD nothing, and nobody is asked twice what may have been done", async () => {
  const { ingress, heard } = await ingressBefore((connection) => {
    if (requestsIn(connection) > 1) connection.socket.destroy();
    else connection.socket.write(connection.text.startsWith("HEAD") ? OK.slice(0, -2) : OK);
  });
  for (const method of ["GET", "GET", "HEAD"]) expect((await ask(ingress, "/", { host, method })).status).toBe(200);
  expect(heard.map(requestsIn)).toEqual([2, 2, 1]);
  expect((await ask(ingress, "/", { host, method: "POST", body: "once" })).status).toBe(502);
  expect(heard.map(requestsIn)).toEqual([2, 2, 2]);
});

test("a role that breaks off is asked once, and told in words", async () => {
  const { ingress, heard } = await ingressBefore(({ socket }) => socket.destroy());
  const { status, body } = await ask(ingress, "/", { host });
  expect(status).toBe(502);
  expect(body).toContain("This part of the site (hub-next) cannot be reached.");
  expect(heard).toHaveLength(1);
});

test("an answer that breaks off does not look whole", async () => {
  const { ingress } = await ingressBefore(({ socket }) =>
    socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
  );
  const { socket, ...answered } = open(ingress, `${GET}\r\n`);
  await until(() => socket.destroyed);
  expect(answered.text).not.toContain("\r\n0\r\n");
});

test("of hundreds that ask at once none waits for another, and a role has so many places as it has", async () => {
  const { ingress, heard } = await ingressBefore(() => {}, { COCALC_INGRESS_MAX_PER_ROLE: "300" });
  const asking = Array.from({ length: 300 }, () => open(ingress, `${GET}\r\n`));
  await until(() => heard.filter(({ text }) => text.endsWith("\r\n\r\n")).length === 300);
  expect((await ask(ingress, "/", { host })).status).toBe(503);
  expect((await askUpgrade(ingress, "/hub/refused", { host: "nobody.example" })).status).toBe(421);
  asking[0]?.socket.destroy();
  await until(() => heard.some(({ socket }) => socket.destroyed));
  const next = open(ingress, `${GET}\r\n`);
  await until(() => heard.length === 301);
  for (const { socket } of [...asking, next]) socket.destroy();
});

/** A server that has no room left for connections and accepts none: whoever connects hears nothing. Returns its port. */
async function fullServer(life: Life): Promise<number> {
  const code = `const server = require("net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    require("fs").writeSync(1, String(server.address().port) + "\\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;
  const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  life.defer("full server", () => void child.kill("SIGKILL"));
  const port = Number(String((await once(child.stdout, "data"))[0]));
  const filling = Array.from({ length: 4 }, () => dial(`http://127.0.0.1:${port}`));
  life.defer("who fills it", () => {
    for (const socket of filling) socket.destroy();
  });
  await until(() => filling.some(({ connecting }) => !connecting));
  return port;
}

test("a role that cannot be connected to is given up in time", async () => {
  const life = newLife();
  const origins = { "hub-next": `http://127.0.0.1:${await fullServer(life)}` };
  const ingress = await startRole(life, "ingress", { origins });
  const { status, body } = await ask(ingress, "/", { host });
  expect(status).toBe(504);
  expect(body).toContain("It did not answer in time.");
});

test("an answer that comes before the whole upload arrives, though the role closes and resets the connection", async () => {
  const { ingress } = await ingressBefore(({ socket }) => {
    socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig", () => socket.destroy());
  });
  const body = "x".repeat(10_000_000);
  for (let count = 0; count < 5; count += 1) {
    expect(await ask(ingress, "/", { host, method: "PUT", body })).toMatchObject({ status: 413, body: "big" });
  }
});

test("a body that waits to be asked for comes whole, and the role never hears of the waiting", async () => {
  const { ingress, heard } = await ingressBefore(({ socket, text }) => {
    if (text.endsWith("body")) socket.write(OK);
  });
  const head = "PUT / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
  const asking = open(ingress, head);
  await until(() => asking.text.startsWith("HTTP/1.1 100 Continue"));
  asking.socket.write("body");
  await until(() => asking.text.endsWith("ok"));
  expect(heard[0]?.text.toLowerCase()).not.toContain("expect");
  expect(heard[0]?.text.toLowerCase().match(/^connection: .*$/gm)).toEqual(["connection: keep-alive"]);
  asking.socket.destroy();
});

test("what a role says of its connection and of its lengths stays there, and its trailers arrive", async () => {
  const { ingress } = await ingressBefore(({ socket }) =>
    socket.write(
      "HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-A: 1\r\nX-B: 2\r\nConnection: x\r\n\r\n",
    ),
  );
  const asking = open(ingress, `${GET}\r\n${GET}\r\n`);
  await until(() => asking.text.split("x-b: 2\r\n\r\n").length === 3); // both on one connection
  expect(asking.text.match(/^(?:connection|keep-alive|x-\w+): .*$/gim)?.slice(0, 4)).toEqual([
    "connection: keep-alive",
    "Keep-Alive: timeout=75",
    "x-a: 1",
    "x-b: 2",
  ]);
  asking.socket.destroy();
});

test.each([
  ["another protocol", "Upgrade: h2c", 400, "WebSocket is the one protocol"],
  ["a role that is away", "Upgrade: websocket", 502, "cannot be reached"],
])("an upgrade to %s is refused in words", async (_what, line, status, words) => {
  const { ingress } = await ingressBefore(({ socket }) => socket.destroy());
  const asking = open(ingress, `GET /hub/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n${line}\r\n\r\n`);
  await until(() => asking.socket.destroyed);
  expect(asking.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(asking.text).toContain(words);
});

test("a refusal of an upgrade is passed on as it is, and its connection is asked nothing more", async () => {
  const { ingress, heard } = await ingressBefore(({ socket }) =>
    socket.write("HTTP/1.1 403 Forbidden\r\nX-Kept: 1\r\nContent-Length: 4\r\n\r\nnope"),
  );
  const answer = await askUpgrade(ingress, "/hub/", { host });
  expect(answer).toMatchObject({ status: 403, body: "nope", headers: { "x-kept": "1" } });
  await ask(ingress, "/", { host });
  expect(heard.map(requestsIn)).toEqual([1, 1]);
});

/** Agrees to whatever upgrade is asked for. */
const agree: OnText = ({ socket, text }) => {
  if (text.endsWith("\r\n\r\n")) socket.write("HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
};

const UPGRADE = "GET /hub/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

test("a client that had ended its side while its upgrade waited was held for as long as the role said nothing", async () => {
  const { ingress, heard } = await ingressBefore(() => {});
  const asking = open(ingress, UPGRADE);
  await until(() => heard.length === 1);
  asking.socket.end();
  await until(() => heard[0]?.socket.destroyed);
  asking.socket.destroy();
});

test("what a client says before it is joined arrives, once and in order", async () => {
  const { ingress, heard } = await ingressBefore(() => {});
  const asking = open(ingress, `${UPGRADE}first `);
  await until(() => heard[0]?.text.endsWith("\r\n\r\n"));
  asking.socket.write("early");
  agree(heard[0] ?? { socket: asking.socket, text: "" }, 0);
  await until(() => asking.text.includes("101"));
  asking.socket.write(" late");
  await until(() => heard[0]?.text.endsWith(" late"));
  expect(heard[0]?.text.split("\r\n\r\n")[1]).toBe("first early late");
  asking.socket.destroy();
});

test("both sides of what is joined go together: with the client, with the role, and at a stop", async () => {
  const { ingress, heard, own } = await ingressBefore(agree);
  const join = async () => (await askUpgrade(ingress, "/hub/", { host })).socket;
  (await join()).resetAndDestroy();
  await until(() => heard[0]?.socket.destroyed);
  const second = await join();
  heard[1]?.socket.destroy();
  await until(() => second.destroyed);
  const third = await join();
  expect(await own.stop()).toEqual([]);
  await until(() => third.destroyed && heard[2]?.socket.destroyed);
});

test("while it drains it says `close` to those under way, and waits for their answers", async () => {
  const { ingress, heard, own } = await ingressBefore(() => {});
  const asking = open(ingress, `${GET}\r\n`);
  await until(() => heard.length === 1);
  const stopped = own.stop();
  heard[0]?.socket.write(OK);
  await until(() => asking.socket.destroyed);
  expect(asking.text).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*\r\nConnection: close\r\n[\s\S]*ok$/i);
  expect(await stopped).toEqual([]);
});
