/** Asking a project's server: in whose name, what is told when it cannot be asked, and what a pod that lies or hangs can do. */

import { createServer, type Server, type Socket } from "node:net";
import { expect, test } from "@jest/globals";
import { z } from "zod";
import type { Life } from "../../../src/core/life.ts";
import { onNobodysBehalf, type Subject } from "../../../src/domain/project-servers/assertions.ts";
import type { ProjectServers } from "../../../src/domain/project-servers/project-servers.ts";
import { execAnswer } from "../../../src/protocol/project-exec.ts";
import { projectStatus } from "../../../src/protocol/project-status.ts";
import { testLives } from "../../helpers/life.ts";
import { newPerson, newProject, type Person } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { until } from "../../helpers/until.ts";
import { openAskers, openProject } from "./site.ts";

const newLife = testLives();
const service = onNobodysBehalf("test");
const asOwner = ({ accountId }: Person): Subject => ({ accountId, name: "Ada", role: "owner" });
const json = z.object({ fine: z.boolean() });

test("a project's server is asked in a person's name, and on nobody's behalf, where it may only be looked at", async () => {
  const life = newLife();
  const { db, owner, projectId, port } = await openProject(life);
  const servers = await openAskers(life, db, port);
  const status = await servers.ask(projectId, { as: service, path: "/api/status", answer: projectStatus });
  expect(status.processes).toBeGreaterThan(0);
  const exec = { method: "POST" as const, path: "/api/exec", body: { command: "echo", args: ["hello"] } };
  const ran = await servers.ask(projectId, { as: asOwner(owner), ...exec, answer: execAnswer });
  expect(ran).toMatchObject({ stdout: "hello\n", exitCode: 0 });
  await expect(servers.ask(projectId, { as: service, ...exec, answer: execAnswer })).rejects.toMatchObject({
    code: "forbidden",
    message: expect.stringMatching(/^The project's server refused \(403\): .*run programs/),
  });
});

test("who asks a project that does not run is told so, and asks again when it does", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const owner = await newPerson(db);
  const pod = await servePod(life, OK);
  const servers = await openAskers(life, db, pod.port);
  const projectId = await newProject(db, [[owner, "owner"]]);
  const ask = () => servers.ask(projectId, { as: service, path: "/x", answer: json });
  await expect(ask()).rejects.toMatchObject({ code: "unavailable", message: expect.stringMatching(/not running/) });
  const state = JSON.stringify({ state: "running", time: new Date().toISOString(), ip: "127.0.0.1" });
  await db.execute("UPDATE projects SET state = $2 WHERE project_id = $1", [projectId, state]);
  expect(await until(() => ask().catch(() => undefined))).toEqual({ fine: true });
});

const OK = answer('{"fine":true}');

function answer(body: string, { status = "200 OK", headers = "" } = {}): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

/** Whatever comes is answered by these bytes; without any by nothing at all. */
async function servePod(life: Life, bytes: string) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    socket.once("data", () => void socket.write(bytes));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  life.defer("pod", async () => {
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    server.close(() => close());
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return { port: address.port, open: () => sockets.size };
}

async function before(life: Life, bytes: string) {
  const db = await openTestDb(life);
  const projectId = await newProject(db, [[await newPerson(db), "owner"]], { ip: "127.0.0.1" });
  const pod = await servePod(life, bytes);
  const servers = await openAskers(life, db, pod.port);
  const ask = (more: Partial<Parameters<ProjectServers["ask"]>[1]> = {}) =>
    servers.ask(projectId, { as: service, path: "/x", answer: json, deadlineMs: 2_000, ...more });
  return { db, projectId, pod, servers, ask };
}

const LIES: [what: string, bytes: string, told: RegExp, code: string][] = [
  ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", /not understood/, "unavailable"],
  ["another shape", answer('{"fine":"yes"}'), /not understood/, "unavailable"],
  ["no JSON", answer("<html>"), /not understood/, "unavailable"],
  [
    "a redirect",
    answer("", { status: "302 Found", headers: "Location: http://127.0.0.1:1/\r\n" }),
    /refused \(302\)/,
    "unavailable",
  ],
  [
    "a head without end",
    `HTTP/1.1 200 OK\r\n${`X-More: ${"x".repeat(1_000)}\r\n`.repeat(50)}`,
    /not understood/,
    "unavailable",
  ],
  ["a body that is too long", answer(" ".repeat(2_000_000)), /longer than it may be/, "unavailable"],
  ["half a body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", /within 2 s/, "timeout"],
  ["half a head", "HTTP/1.1 200 OK\r\nContent-", /within 2 s/, "timeout"],
  ["nothing", "", /within 2 s/, "timeout"],
  ["interim answers alone", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(3), /within 2 s/, "timeout"],
  [
    "words in colour",
    answer('{"code":"x","error":"\\u001b[31mno\\nroot# "}', { status: "409 Conflict" }),
    /refused \(409\): {1,2}\[31mno root# $/,
    "conflict",
  ],
  ["that nobody is signed in", answer("{}", { status: "401 Unauthorized" }), /take our word/, "unavailable"],
  ["that we have a fault", answer("{}", { status: "500 Internal" }), /refused \(500\)\.$/, "unavailable"],
  ["a refusal without end", `HTTP/1.1 400 No\r\n\r\n${"x".repeat(2_000_000)}`, /refused \(400\)\.$/, "invalid"],
];

test.each(LIES)("a pod that answers %s is told of in words, and holds nothing", async (_, bytes, told, code) => {
  const life = newLife();
  const { ask, pod } = await before(life, bytes);
  const error = await ask().then(
    () => ({ code: "answered", message: "" }),
    (thrown: { code: string; message: string }) => thrown,
  );
  expect(error.message).toMatch(told);
  expect(error.code).toBe(code);
  await until(() => pod.open() === 0);
});

test("a server that hangs takes few requests of ours, and others are asked all the same", async () => {
  const life = newLife();
  const { ask, pod, servers, db } = await before(life, "");
  const gone = new AbortController();
  const asked = Array.from({ length: 20 }, () =>
    ask({ signal: gone.signal, deadlineMs: 60_000 }).catch((error: Error) => error.message),
  );
  await until(() => pod.open() === 8);
  const other = await newProject(db, [], { ip: "127.0.0.1" });
  const told = servers.ask(other, { as: service, path: "/x", answer: json, deadlineMs: 100 });
  await expect(told).rejects.toMatchObject({ code: "timeout" });
  gone.abort(new Error("nobody waits"));
  const messages = await Promise.all(asked);
  expect(messages.filter((message) => message === "nobody waits")).toHaveLength(8);
  expect(messages.filter((message) => /8 requests/.test(String(message)))).toHaveLength(12);
  await until(() => pod.open() === 0);
});

test("requests under way end with the life that opened the way, in words", async () => {
  const life = newLife();
  const { db, projectId, pod } = await before(life, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{");
  const process = newLife("a process of its own");
  const servers = await openAskers(process, db, pod.port);
  const asked = servers.ask(projectId, { as: service, path: "/x", answer: json, deadlineMs: 60_000 });
  const told = asked.then(
    () => "answered",
    (error: Error) => error.message,
  );
  await until(() => pod.open() === 1);
  await process.stop();
  expect(await told).toMatch(/stopping/);
  await until(() => pod.open() === 0);
});
