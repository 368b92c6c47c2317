import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Life } from "../../../src/core/life.ts";
import { newPerson, newProject, type Person } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startRole } from "../../helpers/roles.ts";
import { ask, askUpgrade, say } from "./wire.ts";

const life = new Life("wire attacks");
/** What the server behind has seen, and what it says to each request. */
const behind = { seen: "", says: "" };
let ingress: string;
let owner: Person;
let path: string;

beforeAll(async () => {
  const origin = await serveBehind();
  const db = await openTestDb(life);
  owner = await newPerson(db);
  path = `/${await newProject(db, [[owner, "owner"]], { ip: "127.0.0.1" })}/api/x`;
  const proxy = await startRole(life, "hub-proxy", { db, env: { COCALC_PROJECT_PORT: new URL(origin).port } });
  ingress = await startRole(life, "ingress", { origins: { "hub-proxy": proxy, "hub-next": origin } });
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

const OK = "HTTP/1.1 200 OK\r\n";
const END = "Content-Length: 2\r\n\r\nok";
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
