import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Life } from "../../../src/core/life.ts";
import { newPerson, newProject, type Person } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";
import { ask, askUpgrade, dial, hear, say } from "./wire.ts";

const life = new Life("wire attacks");
/** What the server behind has seen, and what it says to each request. */
const behind = { seen: "", says: "" };
let ingress: string;
let hubProxy: string;
let owner: Person;
let path: string;

beforeAll(async () => {
  const origin = await serveBehind();
  const db = await openTestDb(life);
  owner = await newPerson(db);
  path = `/${await newProject(db, [[owner, "owner"]], { ip: "127.0.0.1" })}/api/x`;
  hubProxy = await startRole(life, "hub-proxy", { db, env: { COCALC_PROJECT_PORT: new URL(origin).port } });
  ingress = await startRole(life, "ingress", { origins: { "hub-proxy": hubProxy, "hub-next": origin } });
});

afterAll(async () => {
  expect(await life.stop()).toEqual([]);
});

/** A server in a pod that somebody wrote to harm: it says bytes. */
async function serveBehind(): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      behind.seen += chunk.toString("latin1");
      socket.write(Buffer.from(behind.says, "latin1"));
    });
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  life.defer("the server behind", () => new Promise((resolve) => void server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // a TCP server that listens has one
}

const OK = "HTTP/1.1 200 OK\r\n";
const END = "Content-Length: 2\r\n\r\nok";
const POST = "POST / HTTP/1.1\r\nHost: localhost\r\n";
const GET = "GET / HTTP/1.1\r\nHost: localhost\r\n";
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";

test.each([
  ["both lengths", `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ["both lengths, the other way", `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ["two lengths", `${POST}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde${SMUGGLED}`],
  ["a length with a sign", `${POST}Content-Length: +4\r\n\r\nabcd${SMUGGLED}`],
  ["a name before a space", `${POST}Content-Length : 4\r\n\r\nabcd${SMUGGLED}`],
  ["chunked, but not last", `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ["nearly chunked", `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ["chunked after a control character", `${POST}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ["a line feed in an extension of a chunk", `${POST}Transfer-Encoding: chunked\r\n\r\n4;a=b\nxx\r\nabcd\r\n0\r\n\r\n`],
  ["bare line feeds", "GET / HTTP/1.1\nHost: localhost\n\n"],
  ["a folded header", `${GET}X-A: a\r\n Transfer-Encoding: chunked\r\n\r\n`],
  ["a whole address", "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"],
  ["a tunnel", "CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ["no path", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"],
  ["a zero byte in the path", "GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ["no name", "GET / HTTP/1.0\r\n\r\n"],
])("a request with %s gets no further than the ingress", async (_what, bytes) => {
  behind.seen = "";
  const { status } = await say(ingress, bytes);
  expect([0, 400, 421, 501]).toContain(status);
  expect(behind.seen).toBe("");
});

test.each([
  ["Connection: content-length"],
  ["Connection: keep-alive, Content-Length"],
  ["Connection: close\r\nConnection: CONTENT-LENGTH"],
  ["Connection: x,\tcontent-length ,y"],
  ["Connection: transfer-encoding"],
  ["Connection: host"],
  ["Connection: cookie"],
  ["Connection: authorization"],
  ["Connection: x-forwarded-for"],
  ["Connection: X-Forwarded-Anything"],
  ["Connection: x-cocalc-assertion"],
  ["Connection: Upgrade, content-length\r\nUpgrade: websocket"],
])(
  "a visitor's cookie went into another's file: %j ends the connection with 400, and no part of it passes",
  async (line) => {
    for (const [origin, target] of [
      [ingress, "/"],
      [hubProxy, path],
    ] as const) {
      behind.seen = "";
      behind.says = `${OK}${END}`;
      const head = `POST ${target} HTTP/1.1\r\nHost: localhost\r\nCookie: ${owner.cookie}\r\n${line}\r\n`;
      const { status, headers } = await say(origin, `${head}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`);
      expect({ status, connection: headers.connection }).toEqual({ status: 400, connection: "close" });
      expect(behind.seen).toBe("");
    }
  },
);

test("a header of a connection stays on it, and what is neither framing nor a name of somebody passes no further", async () => {
  behind.seen = "";
  behind.says = `${OK}${END}`;
  const named = "Connection: close, X-Hop\r\nX-Hop: 1\r\nX-Kept: 1\r\n";
  const body = `Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`;
  await say(hubProxy, `POST ${path} HTTP/1.1\r\nHost: localhost\r\nCookie: ${owner.cookie}\r\n${named}${body}`);
  expect(behind.seen).toMatch(/x-kept: 1/i);
  expect(behind.seen).not.toMatch(/x-hop/i);
  expect(behind.seen.toLowerCase().match(/content-length: \d+/g)).toEqual([`content-length: ${SMUGGLED.length}`]);
});

test.each(["xchunked", "identity", "chunked;q=1", "gzip, chunked"])(
  "the transfer coding %s was answered twice on a kept connection: it is answered once, and the connection ends",
  async (coding) => {
    for (const [origin, target] of [
      [ingress, "/"],
      [hubProxy, path],
    ] as const) {
      behind.seen = "";
      const head = `POST ${target} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: ${coding}\r\n\r\n`;
      const all = await hear(origin, `${head}3\r\nabc\r\n0\r\n\r\n${SMUGGLED}`);
      expect(all.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 501"]);
      expect(behind.seen).toBe("");
    }
  },
);

test("a body that breaks off malformed after its answer is not answered again", async () => {
  behind.says = `${OK}${END}`;
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nCookie: ${owner.cookie}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const socket = dial(hubProxy);
  let heard = "";
  socket.on("data", (bytes: Buffer) => {
    heard += bytes.toString("latin1");
  });
  socket.write(`${head}1\r\na\r\n`);
  await until(() => heard.endsWith("ok"));
  socket.write("nonsense\r\n");
  await until(() => socket.destroyed, { timeoutMs: 10_000 });
  expect(heard.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200"]);
});

test("a body in a request that needs none is its body there, too, and no request of its own", async () => {
  behind.seen = "";
  behind.says = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  await say(ingress, `${GET}Connection: close\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`);
  expect(behind.seen).toMatch(new RegExp(`^GET / HTTP/1\\.1\\r\\n[^]*content-length: ${SMUGGLED.length}\\r\\n`, "i"));
  const upgrade = await askUpgrade(ingress, path, {
    headers: { Cookie: owner.cookie, "Content-Length": String(SMUGGLED.length) },
  });
  expect(upgrade.status).not.toBe(101);
});

const EVIL = `${OK}Content-Length: 4\r\n\r\nevil`;

test.each([
  ["a control character in a header", `${OK}X-A: a\x01b\r\n${END}`],
  ["a bare carriage return in a header", `${OK}X-A: a\rSet-Cookie: b=c\r\n${END}`],
  ["a folded header", `${OK}X-A: a\r\n Set-Cookie: b=c\r\n${END}`],
  ["a space in a name", `${OK}X A: a\r\n${END}`],
  ["the status 099", `HTTP/1.1 099 OK\r\n${END}`],
  ["the status 999", `HTTP/1.1 999 OK\r\n${END}`],
  ["an upgrade that nobody asked for", `HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${EVIL}`],
  ["both lengths", `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${EVIL}`],
  ["two lengths", `${OK}Content-Length: 2\r\nContent-Length: 4\r\n\r\nevil`],
  ["a second answer after the first", `${OK}${END}${EVIL}`],
  ["a body that has no place", `HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil`],
  ["headers without end", `${OK}X-A: ${"a".repeat(70_000)}\r\n${END}`],
  ["names of prototypes", `${OK}__proto__: x\r\nconstructor: y\r\n${END}`],
  ["a policy that its Connection header takes away", `${OK}Connection: content-security-policy\r\n${END}`],
  ["bad trailers", `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nSet-Cookie: a=b\r\nX: \x7f\r\n\r\n`],
  ["a thousand hints", `${"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(1_000)}${OK}${END}`],
  ["another protocol", "SSH-2.0-OpenSSH_9.9\r\n\r\n"],
])("a pod that answers with %s harms neither its reader nor the next", async (_what, says) => {
  const headers = { Cookie: owner.cookie };
  behind.says = says;
  const answer = await ask(ingress, path, { headers });
  expect(answer.status).toBeGreaterThanOrEqual(200);
  expect(answer.body).not.toContain("evil");
  expect(answer.headers["set-cookie"]).toBeUndefined();
  if (answer.status !== 502) expect(answer.headers["content-security-policy"]).toBe("sandbox");
  behind.says = `${OK}Content-Length: 4\r\n\r\nnext`;
  expect(await ask(ingress, path, { headers })).toMatchObject({ status: 200, body: "next" });
});
