/** HTTP as bytes on a socket, so that a test says exactly what a client sends and sees exactly what it gets. */

import { connect, type Socket } from "node:net";

export interface Answer {
  status: number;
  /** By name in lower case; equal names are joined by a newline. */
  headers: Record<string, string>;
  body: string;
}

export interface Ask {
  method?: string;
  host?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Opens a connection to an origin. */
export function dial(origin: string): Socket {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  return socket;
}

/** Sends one request on a connection of its own and resolves with the answer when the server has closed it. */
export async function ask(origin: string, path: string, { method = "GET", host, headers = {}, body = "" }: Ask = {}) {
  const socket = dial(origin);
  const lines = Object.entries({
    Host: host ?? new URL(origin).host,
    Connection: "close",
    ...(body === "" ? {} : { "Content-Length": String(Buffer.byteLength(body)) }),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
  return parseAnswer(await textOf(socket));
}

/** Sends these bytes, whatever they are, and resolves with the answer when the server has closed the connection. */
export async function say(origin: string, bytes: string): Promise<Answer> {
  return parseAnswer(await hear(origin, bytes));
}

/** The same, with all that was said, byte by byte in latin1. */
export async function hear(origin: string, bytes: string): Promise<string> {
  const socket = dial(origin);
  socket.write(Buffer.from(bytes, "latin1"));
  return textOf(socket);
}

/** Asks for an Upgrade; `socket` stays open when the answer is 101. */
export async function askUpgrade(
  origin: string,
  path: string,
  { host, headers = {} }: Omit<Ask, "method" | "body"> = {},
): Promise<Answer & { socket: Socket }> {
  const socket = dial(origin);
  const lines = Object.entries({
    Host: host ?? new URL(origin).host,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`);
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  let text = "";
  for (;;) {
    const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
    const stop = () => resolve(undefined);
    socket.once("data", resolve);
    socket.once("close", stop);
    const chunk = await promise;
    socket.off("data", resolve);
    socket.off("close", stop);
    text += chunk?.toString("latin1") ?? "";
    const isJoined = text.startsWith("HTTP/1.1 101") && text.includes("\r\n\r\n");
    if (chunk === undefined || isJoined) return { ...parseAnswer(text), socket };
  }
}

async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.once("close", () => resolve());
  await promise;
  return Buffer.concat(chunks).toString("latin1");
}

function parseAnswer(whole: string): Answer {
  const text = whole.replace(/^(?:HTTP\/1\.1 1(?!01)\d\d .*\r\n(?:.+\r\n)*\r\n)+/, ""); // what came before the answer
  const end = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}\n${value}`;
  }
  const body = text.slice(end + 4);
  const isChunked = headers["transfer-encoding"] === "chunked";
  return { status: Number(statusLine.split(" ")[1] ?? 0), headers, body: isChunked ? unchunk(body) : body };
}

/** The bytes of a chunked body, with its trailers after them. */
function unchunk(text: string): string {
  let body = "";
  let rest = text;
  for (;;) {
    const line = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.slice(0, line), 16);
    if (!(size > 0)) return body + rest.slice(line + 2).trim();
    body += rest.slice(line + 2, line + 2 + size);
    rest = rest.slice(line + 4 + size);
  }
}
