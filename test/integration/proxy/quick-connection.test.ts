import { expect, test } from "@jest/globals";
import type { HttpRequest, HttpResponse } from "../../../src/net/http-message.ts";
import { endUpgrade } from "../../../src/net/serve/last-words.ts";
import { serveHttp } from "../../../src/net/serve/serve.ts";
import { testLives } from "../../helpers/life.ts";
import { testLog } from "../../helpers/log.ts";
import { until } from "../../helpers/until.ts";
import { dial } from "./wire.ts";

const newLife = testLives();

type Handle = (request: HttpRequest, response: HttpResponse) => void;

/** A server whose quick and other requests are answered by the same handler, and a connection to it. */
async function connectTo(handle: Handle) {
  const life = newLife();
  /** By which way each request came. */
  const ways: string[] = [];
  const { origin, connections } = await serveHttp(life, {
    name: "test",
    listen: { host: "127.0.0.1", port: 0 },
    log: testLog(),
    handle: (request, response) => {
      ways.push("node");
      handle(request, response);
    },
    handleQuick: (request, response) => {
      ways.push("quick");
      handle(request, response);
    },
    upgrade: (_request, socket) => endUpgrade(socket, 404, "Not here."),
  });
  const socket = dial(origin);
  let text = "";
  socket.on("data", (bytes: Buffer) => {
    text += bytes.toString("latin1");
  });
  /** Resolves with what came since the last time, once it ends like this. */
  const heard = async (end: string) => {
    await until(() => text.endsWith(end), { timeoutMs: 10_000, what: `${JSON.stringify(end)} was heard` });
    const all = text;
    text = "";
    return all;
  };
  return {
    life,
    origin,
    socket,
    heard,
    ways,
    connections,
    say: (bytes: string) => socket.write(Buffer.from(bytes, "latin1")),
  };
}

const GET = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** Answers with the path, in as many bytes. */
const echo: Handle = ({ url = "" }, response) => {
  response.writeHead(200, { "Content-Length": url.length });
  response.end(url, "latin1");
};

test("a connection serves one request after the other", async () => {
  const { say, heard, ways } = await connectTo(echo);
  for (const path of ["/a", "/b", "/c"]) {
    say(GET(path));
    const answer = await heard(path);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer.toLowerCase()).toContain("\r\nconnection: keep-alive\r\n");
  }
  expect(ways).toEqual(["quick", "quick", "quick"]);
});

test("requests that come together are answered in their order", async () => {
  const { say, heard } = await connectTo(echo);
  say(GET("/a") + GET("/b") + GET("/c"));
  const paths = [...(await heard("/c")).matchAll(/\r\n\r\n(\/\w)/g)].map(([, path]) => path);
  expect(paths).toEqual(["/a", "/b", "/c"]);
});

test("a request that comes while another is answered waits for its turn", async () => {
  const under: HttpResponse[] = [];
  const { say, heard } = await connectTo((request, response) => {
    if (request.url === "/slow") under.push(response);
    else echo(request, response);
  });
  say(GET("/slow"));
  const [slow] = await until(() => under.length > 0 && under);
  say(GET("/next"));
  slow?.writeHead(200, { "Content-Length": 4 });
  slow?.end("slow");
  const all = await heard("/next");
  expect(all.indexOf("slow")).toBeGreaterThan(0);
});

test("a request that comes in pieces, or with a body, is Node's, and so is all that follows", async () => {
  const { say, heard, ways } = await connectTo((request, response) => {
    let size = 0;
    request.on("data", (part) => {
      size += part.length;
    });
    if (request.method === "GET") return echo(request, response);
    request.on("end", () => {
      response.writeHead(200, { "Content-Length": 1 });
      response.end(String(size));
    });
  });
  say(GET("/a"));
  await heard("/a");
  say("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
  await until(() => ways.length === 2);
  say("cde");
  expect(await heard("5")).toMatch(/^HTTP\/1\.1 200/);
  say(GET("/b"));
  await heard("/b");
  expect(ways).toEqual(["quick", "node", "node"]);
});

test("bytes that are no request are refused in words", async () => {
  const { say, heard } = await connectTo(echo);
  say("nonsense\r\n\r\n");
  expect(await heard("\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 Bad Request/);
});

test("an upgrade on a connection that has served requests is an upgrade", async () => {
  const { say, heard } = await connectTo(echo);
  say(GET("/a"));
  await heard("/a");
  say("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  expect(await heard("Not here.\n")).toMatch(/^HTTP\/1\.1 404/);
});

test.each([
  ["HEAD", 200],
  ["GET", 204],
  ["GET", 304],
])("the answer to %s with %i has no body, whatever is written", async (method, status) => {
  const { say, heard } = await connectTo((_request, response) => {
    response.writeHead(status, {});
    response.write(Buffer.from("x"));
    response.end("y");
  });
  for (let count = 0; count < 2; count += 1) {
    say(`${method} / HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(await heard("\r\n\r\n")).not.toContain("chunked");
  }
});

test("an answer without a length comes in chunks as it is written, with its trailers", async () => {
  const next = Promise.withResolvers<void>();
  const { say, heard } = await connectTo((_request, response) => {
    response.writeHead(200, ["X-A", "1", "X-A", "2"]);
    response.flushHeaders();
    void next.promise.then(() => {
      response.write(Buffer.from("0123456789"));
      response.addTrailers([["sum", "45"]]);
      response.end("é");
    });
  });
  say(GET("/"));
  const head = await heard("\r\n\r\n");
  expect(head).toMatch(/X-A: 1\r\nX-A: 2\r\n/);
  next.resolve();
  expect(await heard("sum: 45\r\n\r\n")).toBe("a\r\n0123456789\r\n2\r\n\xc3\xa9\r\n0\r\nsum: 45\r\n\r\n");
});

test("a value with a line end ends no header", async () => {
  const { say, heard } = await connectTo((_request, response) => {
    const split = { Location: "/\r\nSet-Cookie: a=b" };
    expect(() => response.writeHead(302, { "X-A": "1", ...split })).toThrow("Location");
    expect(response.headersSent).toBe(false);
    response.writeHead(200, { "Content-Length": 2 });
    response.end("ok");
  });
  say(GET("/"));
  expect(await heard("ok")).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 2\r\n(?!X-A)/);
});

test("a client that goes away ends what is under way", async () => {
  let isOver = false;
  const { say, socket, ways } = await connectTo((_request, response) => {
    response.once("close", () => {
      isOver = response.closed;
    });
  });
  say(GET("/"));
  await until(() => ways.length === 1);
  socket.end();
  await until(() => isOver, { timeoutMs: 10_000 });
});

test("one who does not read is not written for without bound", async () => {
  const under: HttpResponse[] = [];
  const { say, socket } = await connectTo((_request, response) => {
    response.writeHead(200, {});
    under.push(response);
  });
  socket.pause();
  say(GET("/"));
  const [response] = await until(() => under.length > 0 && under);
  let written = 0;
  while (response?.write(Buffer.alloc(65_536)) === true) written += 65_536;
  expect(written).toBeLessThan(50_000_000);
  const drained = Promise.withResolvers<void>();
  response?.once("drain", drained.resolve);
  socket.resume();
  await drained.promise;
  response?.end();
});

test("the next request of one who does not read is not looked at", async () => {
  const { origin, say, socket, ways } = await connectTo(({ url, socket: own }, response) => {
    const size = url === "/full" ? 1_000_000 : 0;
    response.writeHead(200, { "Content-Length": size * 100 });
    for (let count = 0; count < 100 && size > 0; count += 1) response.write(Buffer.alloc(size));
    response.end();
    if (url === "/full") expect(own.writableNeedDrain).toBe(true);
  });
  socket.pause();
  say(GET("/full"));
  await until(() => ways.length === 1);
  say(GET("/next"));
  const other = dial(origin);
  other.write(GET("/other"));
  other.resume();
  await until(() => other.bytesRead > 0);
  expect(ways).toHaveLength(2);
  socket.resume();
  await until(() => ways.length === 3);
});

test("a request behind the last answer is not read, and does not cut that answer off", async () => {
  const { origin, say, socket, ways } = await connectTo((_request, response) => {
    response.writeHead(200, { "Content-Length": 20_000_000 });
    response.end(Buffer.alloc(20_000_000));
  });
  socket.pause();
  say("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  await until(() => ways.length === 1);
  say(GET("/next"));
  const other = dial(origin);
  other.write("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  other.resume();
  await until(() => other.bytesRead > 0);
  socket.resume();
  await until(() => socket.closed, { timeoutMs: 10_000 });
  expect(socket.bytesRead).toBeGreaterThan(20_000_000);
  expect(ways).toEqual(["quick", "quick"]);
});

test("a stop closes idle connections at once, and the others when they are answered", async () => {
  const under: HttpResponse[] = [];
  const { life, origin, say, socket, heard, connections } = await connectTo(
    (_request, response) => void under.push(response),
  );
  const idle = dial(origin);
  idle.resume();
  await until(() => connections() === 2);
  say(GET("/"));
  const [response] = await until(() => under.length > 0 && under);
  const stopped = life.stop();
  await until(() => idle.closed, { timeoutMs: 10_000 });
  expect(socket.closed).toBe(false);
  response?.writeHead(200, { "Content-Length": 4 });
  response?.end("last");
  await heard("last");
  expect(await stopped).toEqual([]);
});

test("a stop cuts off no answer that is still on its way", async () => {
  const { life, say, socket, ways } = await connectTo((_request, response) => {
    response.writeHead(200, { "Content-Length": 20_000_000 });
    response.end(Buffer.alloc(20_000_000));
  });
  socket.pause();
  say(GET("/"));
  await until(() => ways.length === 1);
  const stopped = life.stop();
  socket.resume();
  await until(() => socket.closed, { timeoutMs: 10_000 });
  expect(socket.bytesRead).toBeGreaterThan(20_000_000);
  expect(await stopped).toEqual([]);
});
