/** Whatever is under way through hub-proxy ends with its caller's right, and nothing of it is left in the project: files, connections, halves of uploads. */

import { randomBytes } from "node:crypto";
import { mkdir, readdir, truncate, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Life } from "../../../src/core/life.ts";
import type { Db } from "../../../src/db/db.ts";
import { publicKeys } from "../../../src/domain/signing-keys/signing-keys.ts";
import { openFilesBelow } from "../../helpers/open-files.ts";
import { newPerson, newProject, removeMember } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startProjectServer, type TestProjectServer, testHub } from "../../helpers/project-server.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";
import { dial } from "../proxy/wire.ts";

const life = new Life("ending");
let db: Db;
let server: TestProjectServer;
let projectId: string;
let proxy: string;
/** What somebody runs in the project: for everybody, and for its own machine alone. */
let ports: { open: Port; inside: Port };

beforeAll(async () => {
  db = await openTestDb(life);
  const ip = "127.0.0.2";
  projectId = await newProject(db, [[await newPerson(db), "owner"]], { ip });
  const hub = { ...(await testHub()), publicKeys: JSON.stringify(await publicKeys(db)) };
  server = await startProjectServer(life, { projectId, hub, env: { COCALC_POD_IP: ip } });
  await mkdir(join(server.home, "folder"));
  await writeFile(join(server.home, "folder", "large"), "");
  await truncate(join(server.home, "folder", "large"), 500_000_000); // more than all buffers on the way hold
  await writeFile(join(server.home, "folder", "small"), randomBytes(2_000_000));
  const env = { COCALC_PROJECT_PORT: new URL(server.origin).port, COCALC_PORTS_ON_APP_ORIGIN: "yes" };
  proxy = await startRole(life, "hub-proxy", { db, env });
  ports = { open: await servePort(ip), inside: await servePort("127.0.0.1") };
});

afterAll(async () => {
  expect(await life.stop()).toEqual([]);
});

type Port = Awaited<ReturnType<typeof servePort>>;

/** A program of the project's: its answers never end, and its WebSockets repeat what is said. */
async function servePort(host: string) {
  const sockets = new Set<Socket>();
  const listening: Server = createServer((_, response) => void response.writeHead(200).write("begun"));
  listening.on("upgrade", (_, socket) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nbegun");
    socket.pipe(socket);
  });
  listening.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  listening.listen(0, host, resolve);
  await promise;
  life.defer("port", async () => {
    const closed = Promise.withResolvers<void>();
    listening.close(() => closed.resolve());
    for (const socket of sockets) socket.destroy();
    await closed.promise;
  });
  return { number: (listening.address() as AddressInfo).port, open: () => sockets.size }; // a TCP server that listens has one
}

/** Says a request and reads nothing beyond its first bytes; a body goes on without an end. */
async function begin(cookie: string, line: string, more: string[] = []) {
  const socket = dial(proxy);
  const [method = "", path = ""] = line.split(" ");
  const isUpload = method === "PUT";
  const lines = [`${method} /${projectId}/${path} HTTP/1.1`, "Host: localhost", `Cookie: ${cookie}`, ...more];
  if (isUpload) lines.push("Content-Length: 90000000");
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  if (isUpload) socket.write(Buffer.alloc(1_000_000, "u"));
  else {
    const heard = new Promise<void>((resolve) => void socket.once("data", () => resolve()));
    await heard;
    socket.pause();
  }
  return { socket, closed };
}

const UPGRADE = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];
const KINDS: [what: string, line: () => string, more?: string[]][] = [
  ["a download", () => "GET api/files/read?path=folder%2Flarge"],
  ["a raw file", () => "GET raw/folder/large"],
  ["a zip", () => "GET api/files/archive?path=folder"],
  ["a tar", () => "GET api/files/archive?path=folder&format=tar"],
  ["an upload", () => "PUT api/files/write?path=new"],
  ["a part of an upload", () => "PUT api/files/upload?path=part&key=0123456789abcdef&size=90000000&offset=0"],
  ["a port", () => `GET port/${ports.open.number}/`],
  ["a port inside", () => `GET port/${ports.inside.number}/`],
  ["a WebSocket to a port", () => `GET port/${ports.open.number}/`, UPGRADE],
  ["a WebSocket to a port inside", () => `GET server/${ports.inside.number}/`, UPGRADE],
  ["the project's socket", () => "GET api/socket/?EIO=4&transport=websocket", UPGRADE],
];

test.each(KINDS)("%s went on after its caller was removed", async (what, line, more = []) => {
  const person = await newPerson(db);
  await db.execute(
    'UPDATE projects SET users = users || jsonb_build_object($2::text, \'{"group":"collaborator"}\'::jsonb) WHERE project_id = $1',
    [projectId, person.accountId],
  );
  const { socket, closed } = await begin(person.cookie, line(), more);
  const isHeld = async () => (await openFilesBelow(server.home)).length + ports.open.open() + ports.inside.open() > 0;
  if (!what.includes("project's socket")) await until(isHeld);
  await removeMember(db, projectId, person);
  await until(async () => !(await isHeld()), { what: "nothing is held" }); // its reader takes nothing more, so it has not come to its end
  socket.resume();
  await closed;
  const names = await readdir(server.home);
  expect(names.filter((name) => name !== "folder" && name !== ".cocalc" && !name.startsWith(".cocalc-part"))).toEqual(
    [],
  );
});

test("downloads that were let go of before their first byte left their files open", async () => {
  for (let round = 0; round < 40; round += 1) {
    const gone = new AbortController();
    const path = round % 2 === 0 ? "/api/files/read?path=folder/small" : "/api/files/archive?path=folder/small";
    const asked = server.fetch(path, { signal: gone.signal }).then((response) => response.arrayBuffer());
    setTimeout(() => gone.abort(), round % 8);
    await asked.catch(() => {}); // some are whole by then
  }
  await until(async () => (await openFilesBelow(server.home)).length === 0);
});
