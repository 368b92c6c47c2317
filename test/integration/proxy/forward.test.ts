import { createServer, type Server, type Socket } from "node:net";
import { describe, expect, test } from "@jest/globals";
import type { HttpRequest, HttpResponse } from "../../../src/net/http-message.ts";
import { forward } from "../../../src/net/proxy/forward.ts";
import { forwardUpgrade } from "../../../src/net/proxy/forward-upgrade.ts";
import { Upstreams } from "../../../src/net/proxy/upstreams.ts";
import { endUpgrade } from "../../../src/net/serve/last-words.ts";
import { sendError } from "../../../src/net/serve/plain-page.ts";
import { serveHttp } from "../../../src/net/serve/serve.ts";
import { testLives } from "../../helpers/life.ts";
import { testLog } from "../../helpers/log.ts";
import { until } from "../../helpers/until.ts";
import { ask, dial } from "./wire.ts";

const newLife = testLives();
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

interface Other {
  /** How many connections were made, and what has come on each of them. */
  heard: string[];
  server: Server;
}

/** A server that does with each connection what the test says, and a proxy before it. */
async function proxyTo(
  onText: (socket: Socket, text: string, connection: number) => void,
): Promise<{ proxy: string } & Other> {
  const life = newLife();
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const index = heard.push("") - 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      heard[index] += bytes.toString("latin1");
      onText(socket, heard[index] ?? "", index);
    });
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  life.defer("other server", () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  const upstreams = new Upstreams(life);
  const client = { address: "203.0.113.1", proto: "http", host: "x" } as const;
  const options = () => ({ upstream: upstreams.enter("other", origin), client });
  const handle = (request: HttpRequest, response: HttpResponse) =>
    void forward(request, response, {
      ...options(),
      path: request.url ?? "/",
      onError: (error) => sendError(request, response, { error }),
    });
  const { origin: proxy } = await serveHttp(life, {
    name: "proxy",
    listen: { host: "127.0.0.1", port: 0 },
    log: testLog(),
    handle,
    handleQuick: handle,
    upgrade: (request, socket, head) =>
      void forwardUpgrade(request, socket, {
        ...options(),
        path: request.url ?? "/",
        head,
        onError: (error) => endUpgrade(socket, error.status, error.message),
      }),
  });
  return { proxy, heard, server };
}

/** The body of the one answer that comes before the connection closes. */
async function bodyFrom(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer); // what a socket without encoding gives
  const all = Buffer.concat(parts);
  return all.subarray(all.indexOf("\r\n\r\n") + 4);
}

const requestsIn = (text: string) => text.split("HTTP/1.1\r\n").length - 1;

const UPGRADE = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const AGREED = "HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

describe("a client that waits for its upgrade", () => {
  test("was held after it had ended its side, for as long as the other side said nothing", async () => {
    const asked = Promise.withResolvers<Socket>();
    const { proxy } = await proxyTo((other) => asked.resolve(other));
    const client = dial(proxy);
    client.write(UPGRADE);
    const other = await asked.promise;
    const closed = new Promise<void>((resolve) => void other.once("close", () => resolve()));
    client.end();
    await closed;
    client.destroy();
  });

  test("may speak before it is joined: all arrives, once and in order", async () => {
    const asked = Promise.withResolvers<Socket>();
    const { proxy, heard } = await proxyTo((other) => asked.resolve(other));
    const client = dial(proxy);
    client.setNoDelay(true);
    client.write(`${UPGRADE}first `);
    const other = await asked.promise;
    client.write("early ");
    client.write("x".repeat(200_000)); // more than is kept
    other.write(AGREED);
    client.once("data", () => client.write(" late"));
    await until(() => heard[0]?.endsWith(" late"));
    expect(heard[0]?.split("\r\n\r\n")[1]).toBe(`first early ${"x".repeat(200_000)} late`);
    client.destroy();
  });
});

describe("a connection to the other side", () => {
  test("serves one request after the other", async () => {
    const { proxy, heard } = await proxyTo((socket) => socket.write(OK));
    for (let count = 0; count < 3; count += 1) expect((await ask(proxy, "/")).body).toBe("ok");
    expect(heard.map(requestsIn)).toEqual([3]);
  });

  test.each([
    ["Connection: close", OK.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")],
    ["bytes behind the answer", `${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged`],
    ["two framings", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"],
  ])("is not used again after %s", async (_what, answer) => {
    const { proxy, heard } = await proxyTo((socket) => socket.write(answer));
    for (let count = 0; count < 2; count += 1) expect((await ask(proxy, "/")).body).toBe("ok");
    expect(heard.map(requestsIn)).toEqual([1, 1]);
  });

  test("that said something unasked is not used again: nobody gets another's answer", async () => {
    const spoke = Promise.withResolvers<void>();
    const { proxy, heard } = await proxyTo((socket, _text, index) => {
      socket.write(OK);
      if (index > 0) return;
      socket.once("close", () => spoke.resolve());
      setImmediate(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"));
    });
    expect((await ask(proxy, "/")).body).toBe("ok");
    await spoke.promise;
    expect((await ask(proxy, "/")).body).toBe("ok");
    expect(heard).toHaveLength(2);
  });

  test("that closes just as it is asked costs a GET nothing, and is never asked twice what may have been done", async () => {
    const closesWhenAskedAgain = (socket: Socket, text: string) => {
      if (requestsIn(text) === 1) socket.write(OK);
      else socket.destroy();
    };
    const { proxy, heard } = await proxyTo(closesWhenAskedAgain);
    for (let count = 0; count < 2; count += 1) expect((await ask(proxy, "/")).status).toBe(200);
    expect(heard.map(requestsIn)).toEqual([2, 1]);
    expect((await ask(proxy, "/", { method: "POST", body: "once" })).status).toBe(502);
    expect(heard.map(requestsIn)).toEqual([2, 2]);
  });

  test("on which an upgrade was refused is not used again, and hears of no body", async () => {
    const { proxy, heard } = await proxyTo((socket) => socket.write(OK));
    const socket = dial(proxy).resume();
    socket.write(
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 30\r\n\r\n",
    );
    await until(() => socket.destroyed, { timeoutMs: 10_000 });
    expect((await ask(proxy, "/")).body).toBe("ok");
    expect(heard.map(requestsIn)).toEqual([1, 1]);
    expect(heard[0]?.toLowerCase()).not.toContain("content-length");
  });

  test("is let go when the other side keeps it no longer", async () => {
    const short = OK.replace("\r\n\r\n", "\r\nKeep-Alive: timeout=1\r\n\r\n");
    const { proxy, heard, server } = await proxyTo((socket) => socket.write(short));
    expect((await ask(proxy, "/")).status).toBe(200);
    const connections = () => {
      const { promise, resolve } = Promise.withResolvers<number>();
      server.getConnections((_error, count) => resolve(count));
      return promise;
    };
    await until(async () => (await connections()) === 0, { timeoutMs: 10_000 });
    expect(heard).toHaveLength(1);
  });
});

test("a body in a coding that we do not know is refused, not passed on as something else", async () => {
  const { proxy, heard } = await proxyTo((socket) => socket.write(OK));
  const headers = { "Transfer-Encoding": "gzip, chunked" };
  expect((await ask(proxy, "/", { method: "POST", headers })).status).toBe(501);
  expect(heard).toEqual([]);
});

describe("what the other side says", () => {
  test("arrives byte by byte as it was sent, also to one who reads late while others are served", async () => {
    const bodyOf = (index: number) => Buffer.alloc(20_000_000, `${index}-`);
    const sending: Socket[] = [];
    const { proxy } = await proxyTo((socket, _text, index) => {
      sending.push(socket);
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n");
      socket.write(bodyOf(index));
    });
    const request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const late = dial(proxy);
    late.pause();
    late.write(request);
    let [sent, since] = [0, Date.now()];
    await until(() => {
      const now = (sending[0]?.bytesWritten ?? 0) - (sending[0]?.writableLength ?? 0);
      if (now !== sent) [sent, since] = [now, Date.now()];
      return sent > 0 && Date.now() - since > 200; // it is held back
    });
    const prompt = dial(proxy);
    prompt.write(request);
    expect((await bodyFrom(prompt)).equals(bodyOf(1))).toBe(true);
    expect((await bodyFrom(late)).equals(bodyOf(0))).toBe(true);
  });

  test("without a length ends with its connection", async () => {
    const { proxy } = await proxyTo((socket) => socket.end("HTTP/1.0 200 OK\r\nX-Kept: 1\r\n\r\nall"));
    expect(await ask(proxy, "/")).toMatchObject({ status: 200, body: "all", headers: { "x-kept": "1" } });
  });

  test.each(["nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])(
    "%j is a bad gateway in words",
    async (text) => {
      const { proxy } = await proxyTo((socket) => socket.write(text));
      const { status, body } = await ask(proxy, "/");
      expect(status).toBe(502);
      expect(JSON.parse(body)).toMatchObject({ code: "unavailable" });
    },
  );

  test("before it has heard the whole request is answered; the other side is asked no more, and who sends no more is cut off", async () => {
    const { proxy, heard } = await proxyTo((socket, text, index) => {
      if (index > 0 || text.includes("first")) socket.write(OK);
    });
    const socket = dial(proxy);
    let text = "";
    socket.on("data", (bytes: Buffer) => {
      text += bytes.toString();
    });
    socket.write("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nfirst");
    await until(() => text.startsWith("HTTP/1.1 200 OK"));
    await until(() => socket.destroyed, { timeoutMs: 10_000 });
    expect((await ask(proxy, "/")).status).toBe(200);
    expect(heard).toHaveLength(2);
  });

  test("to an upload that it does not read arrives, though it closes and resets the connection", async () => {
    const { proxy } = await proxyTo((socket) => {
      socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig", () => socket.destroy());
    });
    const body = "x".repeat(10_000_000);
    for (let count = 0; count < 10; count += 1) {
      expect(await ask(proxy, "/", { method: "PUT", body })).toMatchObject({ status: 413, body: "big" });
    }
  });

  test("before the whole upload has come leaves the client's connection of use, once that has come", async () => {
    const { proxy } = await proxyTo((socket, text) => {
      if (text.includes("first") || text.startsWith("GET")) socket.write(OK);
    });
    const socket = dial(proxy);
    let text = "";
    socket.on("data", (bytes: Buffer) => {
      text += bytes.toString();
    });
    socket.write("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nfirst");
    await until(() => text.includes("200 OK"));
    socket.write("laterGET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => text.split("200 OK").length === 3);
    socket.destroy();
  });

  test("to who sent something keeps bytes beyond ASCII in its head as they are", async () => {
    const name = Buffer.from("grüße").toString("latin1");
    const { proxy } = await proxyTo((socket) =>
      socket.end(Buffer.from(`HTTP/1.0 200 OK\r\nX-Name: ${name}\r\n\r\nall`, "latin1")),
    );
    expect((await ask(proxy, "/", { method: "POST", body: "x" })).headers["x-name"]).toBe(name);
  });

  test("a body of unknown length arrives in chunks, those of the client put anew", async () => {
    const { proxy, heard } = await proxyTo((socket, text) => {
      if (text.endsWith("0\r\n\r\n")) socket.write(OK);
    });
    const chunks = "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: dropped\r\n\r\n";
    const headers = { "Transfer-Encoding": "chunked", "Content-Type": "text/plain" };
    const socket = dial(proxy);
    const lines = Object.entries({ Host: "x", ...headers }).map(([name, value]) => `${name}: ${value}`);
    socket.write(`PUT / HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${chunks}`);
    await until(() => heard[0]?.endsWith("0\r\n\r\n"), { timeoutMs: 10_000 });
    socket.destroy();
    const body = heard[0]?.slice(heard[0].indexOf("\r\n\r\n") + 4) ?? "";
    const read = [...body.matchAll(/([0-9a-f]+)\r\n([a-z]*)\r\n/g)].map((match) => match[2]).join("");
    expect(read).toBe("abcde");
    expect(heard[0]).not.toContain("dropped");
    expect(heard[0]?.toLowerCase().match(/transfer-encoding/g)).toHaveLength(1);
  });
});
