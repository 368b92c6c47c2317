/** Stands for the servers in a project's pod: answers with what it was asked, streams, hangs, upgrades; counts what is open. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Life } from "../../../src/core/life.ts";
import { DONE_HEADER } from "../../../src/protocol/done-in-project.ts";

export interface Pod {
  port: number;
  /** Connections open now. */
  connections(): number;
  /** Bytes that requests to /swallow have delivered. */
  swallowed(): number;
  /** Bytes that /bytes has handed to its sockets. */
  sent(): number;
  /** From now on each answer says that this was done. */
  claim(done: () => object): void;
}

/** What the pod saw of a request. */
export interface Seen {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

type Answer = (request: IncomingMessage, response: ServerResponse, pod: { swallowed: number; sent: number }) => void;

const answers: Record<string, Answer> = {
  hang: () => {},
  break: (_request, response) => {
    response.writeHead(200, { "Content-Length": "1000" });
    response.write("half", () => response.socket?.destroy());
  },
  reset: (request) => void request.socket.destroy(),
  bytes: (request, response, pod) => {
    let left = Number(new URL(request.url ?? "", "http://pod").searchParams.get("n"));
    response.writeHead(200, { "Content-Length": String(left) });
    const block = Buffer.alloc(65_536, "x");
    const send = () => {
      while (left > 0) {
        const size = Math.min(left, block.length);
        left -= size;
        pod.sent += size;
        if (!response.write(block.subarray(0, size))) return void response.once("drain", send);
      }
      response.end();
    };
    send();
  },
  stream: (_request, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write("data: one\n\n");
  },
  swallow: (request, response, pod) => {
    request.on("data", (chunk: Buffer) => {
      pod.swallowed += chunk.length;
    });
    request.on("end", () => response.end(String(pod.swallowed)));
  },
  refuse: (_request, response) => {
    response.writeHead(413, { "Content-Type": "text/plain" });
    response.end("too large");
  },
  slow: (request) => void request.on("data", () => request.pause()),
  status: (request, response) => {
    const status = Number(new URL(request.url ?? "", "http://pod").searchParams.get("n") ?? 200);
    response.writeHead(status, { "Content-Language": "tlh" });
    response.end(status === 204 || status === 304 ? undefined : "body");
  },
  hints: (_request, response) => {
    response.writeProcessing();
    response.writeEarlyHints({ link: "</a.css>; rel=preload" });
    response.end("after hints");
  },
  trailers: (_request, response) => {
    response.writeHead(200, { Trailer: "ETag", "Transfer-Encoding": "chunked" });
    response.write("body");
    response.addTrailers({ ETag: '"42"', "Set-Cookie": "a=b", "X-Accel-Redirect": "/x", "Content-Language": "tlh" });
    response.end();
  },
  headers: (_request, response) => {
    response.writeHead(
      200,
      [
        ["Set-Cookie", "own=1; Domain=example.org; Path=/"],
        ["Set-Cookie", "__Host-project_session=evil; Secure; Path=/"],
        ["Clear-Site-Data", '"cookies"'],
        ["Service-Worker-Allowed", "/"],
        ["Connection", "X-Private"],
        ["X-Private", "1"],
        ["X-Accel-Redirect", "/internal/secret"],
        ["X-Sendfile", "/etc/passwd"],
        ["Use-As-Dictionary", 'match="/*"'],
        ["Accept-CH", "Sec-CH-UA-Full-Version-List"],
        ["Speculation-Rules", '"/rules.json"'],
        ["Secure-Session-Registration", "(ES256);path=/start"],
        ["X-Unknown-Yet", "1"],
        ["X-Accel-Buffering", "no"],
        ["Content-Language", "tlh"],
        ["Content-Type", "text/html"],
      ].flat(),
    );
    response.end("<script>alert(1)</script>");
  },
};

function echo(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { method = "", url = "", headers } = request;
    const seen: Seen = { method, url, headers, body: Buffer.concat(chunks).toString() };
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify(seen));
  });
}

/** Serves on 127.0.0.1 until the life ends. The last part of a path says what happens; anything else is echoed as JSON (`Seen`). */
export async function servePod(life: Life): Promise<Pod> {
  const sockets = new Set<Socket>();
  const state = { swallowed: 0, sent: 0 };
  let claim: (() => object) | undefined;
  const server = createServer((request, response) => {
    request.on("error", () => {});
    if (claim !== undefined) response.setHeader(DONE_HEADER, encodeURIComponent(JSON.stringify(claim())));
    const name = (request.url ?? "").split("?")[0]?.split("/").at(-1) ?? "";
    (answers[name] ?? echo)(request, response, state);
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => {});
    if (request.url?.includes("refused")) {
      socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\nSet-Cookie: a=b\r\n\r\nnope");
      return;
    }
    if (request.url?.includes("hang")) return;
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    if (head.length > 0) socket.write(head);
    socket.pipe(socket);
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  life.defer("pod", async () => {
    const closed = Promise.withResolvers<void>();
    server.close(() => closed.resolve());
    for (const socket of sockets) socket.destroy();
    await closed.promise;
  });
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has one
    connections: () => sockets.size,
    swallowed: () => state.swallowed,
    sent: () => state.sent,
    claim: (done) => {
      claim = done;
    },
  };
}
