import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { readQuickHead } from "./quick-request.ts";

const server = createServer({ keepAliveTimeout: 60_000 });
let port: number;

beforeAll(async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  port = (server.address() as AddressInfo).port; // a TCP server that listens has one
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
});

/** The requests that Node's own parser reads out of these bytes. */
async function readByNode(bytes: Buffer) {
  const requests: IncomingMessage[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  server.removeAllListeners("request").on("request", (request, response) => {
    requests.push(request);
    response.end();
  });
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.once("close", () => resolve());
  socket.resume().end(bytes); // the server ends its side when it has read all of it
  await promise;
  return requests.map(({ method, url, headers, rawHeaders }) => ({ method, url, headers, rawHeaders }));
}

const read = (text: string) => readQuickHead(Buffer.from(text, "latin1"));

test("a request as a browser sends it", () => {
  const text = "GET /a/b?c=d HTTP/1.1\r\nHost: x\r\nCookie:  a=b; c=d \r\nconnection: Keep-Alive\r\nX-Empty:\r\n\r\n";
  expect(read(text)).toEqual({
    method: "GET",
    url: "/a/b?c=d",
    headers: { host: "x", cookie: "a=b; c=d", connection: "Keep-Alive", "x-empty": "" },
    rawHeaders: ["Host", "x", "Cookie", "a=b; c=d", "connection", "Keep-Alive", "X-Empty", ""],
    isLast: false,
  });
  expect(read("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).toMatchObject({
    method: "HEAD",
    isLast: true,
  });
});

test.each([
  ["a head that is cut", "GET / HTTP/1.1\r\nHost: x\r\n"],
  ["more behind the head", "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["no Host", "GET / HTTP/1.1\r\nX: y\r\n\r\n"],
  ["another method", "POST / HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["an older version", "GET / HTTP/1.0\r\nHost: x\r\n\r\n"],
  ["a target that is no path", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["a body", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"],
  ["a body in chunks", "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["an upgrade", "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"],
  ["headers of the connection", "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, x-secret\r\n\r\n"],
  ["a header twice", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"],
  ["a folded header", "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n"],
  ["a blank before a colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n"],
  ["a lone line feed", "GET / HTTP/1.1\r\nHost: x\nContent-Length: 5\r\n\r\n"],
  ["a lone carriage return", "GET / HTTP/1.1\r\nHost: x\rContent-Length: 5\r\n\r\n"],
  ["a long head", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`],
])("%s is left to Node", (_what, text) => {
  expect(read(text)).toBeUndefined();
});

test("what is read is what Node reads, and all of it", async () => {
  const line = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom("Host: x", "Cookie: a=b", "Accept: */*", "X-A:b", "X-B: \t c\td \t", "X-C:"),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom("Connection: keep-alive", "connection: Close", "Range: bytes=0-", "__proto__: x"),
    },
    fc.constantFrom(
      "Host : x",
      " folded",
      "Content-Length: 3",
      "transfer-encoding:chunked",
      "X: a\nY: b",
      "X: \xa0é\xff",
      "X",
      ":",
    ),
    fc.tuple(fc.constantFrom("X", "Y-1"), fc.string({ maxLength: 5 })).map(([name, value]) => `${name}: ${value}`),
    fc.string({ maxLength: 6, unit: "binary" }),
  );
  const start = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom("GET / HTTP/1.1", "HEAD /a%20b?c#d HTTP/1.1", "GET //x/../y HTTP/1.1") },
    fc.constantFrom("GET  / HTTP/1.1", "GET / HTTP/1.0", "GET /\t HTTP/1.1", "GET /é HTTP/1.1", "get / HTTP/1.1"),
  );
  const end = fc.oneof(
    { weight: 8, arbitrary: fc.constant("\r\n\r\n") },
    fc.constantFrom("\n\n", "\r\n\n", "\r\n\r\nX"),
  );
  const head = fc.tuple(start, fc.array(line, { maxLength: 5 }), fc.constantFrom("\r\n", "\r\n", "\r\n", "\n"), end);
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(head, async ([first, lines, between, last]) => {
      const bytes = Buffer.from([first, "Host: y.example", ...lines].join(between) + last, "latin1");
      const quick = readQuickHead(bytes);
      if (quick === undefined) return;
      taken += 1;
      const { isLast: _, ...request } = quick;
      expect(await readByNode(bytes)).toEqual([request]);
    }),
    { numRuns: 500 },
  );
  expect(taken).toBeGreaterThan(50);
});
