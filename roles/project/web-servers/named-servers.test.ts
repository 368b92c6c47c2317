/** Servers by name, with a small real one: started once for all who ask, reached by nobody else, ended with the project, failures in words. */

import { access, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { expect, test } from "@jest/globals";
import { freePort } from "../../../src/net/serve/free-port.ts";
import { serveHttp } from "../../../src/net/serve/serve.ts";
import { ASSERTION_HEADER } from "../../../src/protocol/assertion.ts";
import { temporaryFolder } from "../../../test/helpers/folder.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { testLog } from "../../../test/helpers/log.ts";
import { startProjectProcess } from "../../../test/helpers/project-process.ts";
import { startProjectServer, type TestProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";
import { ask } from "../../../test/integration/proxy/wire.ts";
import { listProcesses } from "../processes.ts";
import { listens } from "./address.ts";
import { serverTable } from "./server-table.ts";

const newLife = testLives();

/** Listens where it is told to, a moment later, tells who it is and what it was asked, and leaves a mark of each start. */
const PROGRAM = `
const [where, base] = process.argv.slice(2);
require("node:fs").appendFileSync(process.env.HOME + "/starts", process.pid + "\\n");
const server = require("node:http").createServer((request, response) =>
  response.end(JSON.stringify({ pid: process.pid, where, base, url: request.url, method: request.method, headers: request.headers })));
const [host, port] = where.split(" ");
setTimeout(() => port === undefined ? server.listen(where) : server.listen(port, host), Number(process.env.DELAY ?? 100));
`;

interface Told {
  pid: number;
  where: string;
  base: string;
  url: string;
  method: string;
  headers: Record<string, string>;
}

const node = (...args: string[]) => ({ title: "A server", command: [process.execPath, ...args] });
const mine = node("server.cjs", "{socket}", "{base}");
const onPort = node("server.cjs", "{ip} {port}", "{base}");

async function startWith(table: object, env: Record<string, string> = {}) {
  const life = newLife();
  const server = await startProjectServer(life, { env: { COCALC_NAMED_SERVERS: JSON.stringify(table), ...env } });
  await writeFile(join(server.home, "server.cjs"), PROGRAM);
  return { life, server };
}

/** What the server told that answered at this path. */
async function told(server: TestProjectServer, path: string, init: RequestInit = {}): Promise<Told> {
  const response = await server.fetch(path, init);
  expect(response.status).toBe(200);
  return (await response.json()) as Told; // as the program writes it
}

async function failure(server: TestProjectServer, path: string) {
  const response = await server.fetch(path);
  return { status: response.status, text: await response.text() };
}

/** As `failure`, for a browser that goes to a page. */
async function failurePage({ origin, projectId, hub }: TestProjectServer, path: string) {
  const assertion = await hub.assertion({ aud: projectId });
  const headers = { Accept: "text/html", "Sec-Fetch-Mode": "navigate", [ASSERTION_HEADER]: assertion };
  const { status, body } = await ask(origin, `/${projectId}${path}`, { headers });
  return { status, text: body };
}

const starts = async (server: TestProjectServer) =>
  (await (await server.fetch("/raw/starts")).text()).trim().split("\n");

test("a server is started once for all who ask, knows its address, runs on, and ends with the project", async () => {
  const { life, server } = await startWith({ mine });
  const [first, ...others] = await Promise.all([1, 2, 3].map(() => told(server, "/server/mine/")));
  expect(first?.base).toBe(`/${server.projectId}`);
  for (const other of others) expect(other.pid).toBe(first?.pid);
  expect(await starts(server)).toEqual([String(first?.pid)]);
  const path = first?.where ?? "";
  expect(await life.stop()).toEqual([]);
  expect(await listens({ path })).toBe(false);
  await expect(access(dirname(path))).rejects.toThrow("ENOENT");
});

test("a server's socket lies where nobody but its user comes", async () => {
  const { server } = await startWith({ mine });
  const { where } = await told(server, "/server/mine/");
  expect((await stat(dirname(where))).mode & 0o777).toBe(0o700);
});

test("a server without a socket listens on a free port that no other machine reaches", async () => {
  const { server } = await startWith({ one: onPort, other: onPort }, { COCALC_POD_IP: "127.0.0.9" });
  const places = await Promise.all(["one", "other"].map((name) => told(server, `/server/${name}/`)));
  const [one = "", other = ""] = places.map(({ where }) => where);
  expect(one).toMatch(/^127\.0\.0\.9 \d+$/);
  expect(other).not.toBe(one);
});

test("a server is told whole paths below `port` and the rest below `server`, by whom it is asked, and no assertion", async () => {
  const { server } = await startWith({ mine });
  const headers = { "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https" };
  expect(await told(server, "/port/mine/a%2Fb?c", { headers })).toMatchObject({
    url: `/${server.projectId}/port/mine/a%2Fb?c`,
    headers: { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https", host: new URL(server.origin).host },
  });
  const put = await told(server, "/server/mine/a%2Fb?c", { method: "PUT", body: "x" });
  expect(put).toMatchObject({ method: "PUT", url: "/a%2Fb?c" });
  expect(Object.keys(put.headers).filter((name) => name.includes("cocalc"))).toEqual([]);
  expect((await told(server, "/server/mine?q")).url).toBe("/?q");
});

test("nobody gets to a server without a hub's assertion", async () => {
  const { server } = await startWith({ mine });
  await told(server, "/server/mine/");
  expect((await fetch(`${server.url}/server/mine/`)).status).toBe(401);
  const { hostname, port } = new URL(server.origin);
  const socket = connect(Number(port), hostname);
  const lines = ["Host: x", "Connection: Upgrade", "Upgrade: websocket"];
  socket.write(`GET /${server.projectId}/server/mine/ HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  let text = "";
  for await (const part of socket) text += String(part);
  expect(text).toMatch(/^HTTP\/1\.1 401 /);
});

test("a page is shown that its server starts; one that ended is started again", async () => {
  const { server } = await startWith({ mine: { ...mine, env: { DELAY: "2500" } } });
  const { status, text } = await failurePage(server, "/server/mine/");
  expect(status).toBe(503);
  expect(text).toContain("<h1>A server is starting</h1>");
  expect(text).toContain('http-equiv="refresh" content="2"');
  const { pid } = await told(server, "/server/mine/");
  process.kill(pid, "SIGKILL");
  await until(async () => {
    const response = await server.fetch("/server/mine/");
    return response.status === 200 && ((await response.json()) as Told).pid !== pid;
  });
});

test("a program that is not installed, dies, or never listens is told in words", async () => {
  const { server } = await startWith({
    none: { ...node(), command: ["no-such-program"] },
    dies: node("-e", "console.log('one'); console.error('no licence <found>'); process.exit(3)"),
    deaf: { ...node("-e", "setInterval(() => {}, 1000)", "{socket}"), startSeconds: 1 },
    gone: { title: "A server", program: "bash", command: ["no-such-program"] },
    jupyterlab: { title: "JupyterLab", command: ["no-such-jupyter"] },
    pluto: null,
  });
  expect((await failure(server, "/server/none/")).status).toBe(404);
  const dead = await failure(server, "/server/dies/");
  expect(dead.status).toBe(503);
  expect(JSON.parse(dead.text).error).toMatch(
    /A server ended \(3\) before it listened\. Its last words:\n(one\n)?no licence/,
  );
  const shown = await failurePage(server, "/server/dies/");
  expect(shown.text).toContain("no licence &lt;found&gt;");
  expect(shown.text).not.toContain("refresh"); // it would be tried for ever
  expect((await failure(server, "/server/gone/")).text).toContain(
    "cannot be started: no-such-program does not exist. It",
  );
  expect((await failure(server, "/server/deaf/")).text).toContain("did not listen on the socket");
  const missing = await failurePage(server, "/port/jupyterlab/lab");
  expect(missing.text).toContain("JupyterLab is not installed in this project");
  expect(missing.text).toContain("no-such-jupyter");
  expect(missing.text).toContain("<h1>JupyterLab cannot be opened</h1>");
  expect((await failure(server, "/port/pluto/")).text).toContain("There is no server named pluto");
  expect((await failure(server, "/server/toString/")).status).toBe(404);
});

test("a server that failed is not tried again at once, but after a while, however often it is asked for meanwhile", async () => {
  const dies = { title: "A server", command: ["bash", "-c", "echo x >> tries; exit 3"] };
  const { server } = await startWith({ dies });
  const tries = async () => (await readFile(join(server.home, "tries"), "utf8")).length / 2;
  const { text } = await failure(server, "/server/dies/");
  expect(await failure(server, "/server/dies/")).toEqual({ status: 503, text });
  expect(await tries()).toBe(1);
  await until(async () => {
    await failure(server, "/server/dies/");
    return (await tries()) === 2;
  });
});

test("a server whose socket was removed, as by who empties /tmp, is started again, also when it was killed", async () => {
  const { server } = await startWith({ mine });
  const first = await told(server, "/server/mine/");
  await rm(dirname(first.where), { recursive: true });
  const second = await told(server, "/server/mine/");
  expect(second.pid).not.toBe(first.pid);
  expect((await listProcesses()).map(({ pid }) => pid)).not.toContain(first.pid);
  await rm(dirname(second.where), { recursive: true });
  process.kill(second.pid, "SIGKILL");
  const third = await told(server, "/server/mine/");
  expect((await stat(dirname(third.where))).mode & 0o777).toBe(0o700);
});

test("a server that found no room for its socket says so, and starts when there is room again", async () => {
  const life = newLife();
  const tmp = await temporaryFolder(life, "tmp");
  await rm(tmp, { recursive: true });
  const env = { COCALC_NAMED_SERVERS: JSON.stringify({ mine }), TMPDIR: tmp };
  const server = await startProjectProcess(life, { env });
  await writeFile(join(server.home, "server.cjs"), PROGRAM);
  const { status, text } = await failure(server, "/server/mine/");
  expect({ status, error: JSON.parse(text).error }).toEqual({ status: 404, error: `${tmp} does not exist.` });
  await mkdir(tmp);
  const { where, pid } = await until(async () => {
    const response = await server.fetch("/server/mine/");
    const body = await response.text();
    return response.ok && (JSON.parse(body) as Told); // as the program writes it
  });
  expect(dirname(dirname(where))).toBe(tmp);
  await server.end("SIGTERM");
  expect((await listProcesses()).map((running) => running.pid)).not.toContain(pid);
});

test("stopping a server, and telling that it died, does not wait for a daemon that holds its output", async () => {
  const withDaemon = (then: string) => ({
    title: "A server",
    command: ["bash", "-c", `setsid sleep 1000 & echo $! >> daemons; ${then}`],
  });
  const { life, server } = await startWith({
    serves: withDaemon(`exec ${process.execPath} server.cjs {socket} {base}`),
    dies: withDaemon("exit 3"),
  });
  expect((await failure(server, "/server/dies/")).text).toContain("A server ended (3) before it listened.");
  await told(server, "/server/serves/");
  const daemons = (await readFile(join(server.home, "daemons"), "utf8")).trim().split("\n").map(Number);
  expect(daemons).toHaveLength(2);
  expect(await life.stop()).toEqual([]);
  const running = (await listProcesses()).map(({ pid }) => pid);
  expect(running).toEqual(expect.arrayContaining(daemons)); // a session of their own is theirs
  for (const pid of daemons) process.kill(pid);
});

test("a program that somebody installed for themselves is found", async () => {
  const { server } = await startWith({ own: { title: "Own", command: ["own-server", "{socket}"] } });
  const folder = join(server.home, ".local/bin");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "own-server"), `#!${process.execPath}\n${PROGRAM}`, { mode: 0o755 });
  expect((await told(server, "/server/own/a")).url).toBe("/a");
});

test("pages are told of the servers whose programs are there, and where to go for them", async () => {
  const table = { mine: { ...mine, below: "port" }, none: { ...mine, command: ["no-such-program"] } };
  const built = { jupyter: null, jupyterlab: null, code: null, pluto: null, rserver: null };
  const { server } = await startWith({ ...table, ...built });
  const client = await server.connect();
  expect(await client.ask("servers", {})).toMatchObject({ servers: [{ title: "A server", path: "port/mine/" }] });
});

test("a server that somebody started by hand on the port it has is taken as it is", async () => {
  const port = await freePort();
  const { life, server } = await startWith({ mine: { ...node(), command: ["no-such-program"], port } });
  const handle = (_: unknown, response: { end(text: string): unknown }) => void response.end("by hand");
  await serveHttp(life, { name: "by hand", listen: { host: "127.0.0.1", port }, log: testLog(), handle });
  expect(await failure(server, "/server/mine/")).toEqual({ status: 200, text: "by hand" });
});

test.each(["127.0.0.1", "::1"])("what listens on %s alone is reached by its port", async (host) => {
  const { life, server } = await startWith({}, { COCALC_POD_IP: "127.0.0.9" });
  const handle = (request: { url?: string | undefined }, response: { end(text: string): unknown }) =>
    void response.end(`inside ${request.url}`);
  const { port } = await serveHttp(life, { name: "inside", listen: { host, port: 0 }, log: testLog(), handle });
  expect((await failure(server, `/server/${port}/a`)).text).toBe("inside /a");
  const nothing = await failure(server, `/server/${await freePort()}/`);
  expect(nothing).toMatchObject({ status: 502, text: expect.stringContaining("Nothing is listening there.") });
});

test("a request to a server that is under way when the project stops is answered", async () => {
  const { life, server } = await startWith({});
  const asked = Promise.withResolvers<{ end(text: string): unknown }>();
  const { port } = await serveHttp(newLife(), {
    name: "slow",
    listen: { host: "127.0.0.1", port: 0 },
    log: testLog(),
    handle: (_, response) => asked.resolve(response),
  });
  const answer = failure(server, `/server/${port}/`);
  const response = await asked.promise;
  const stopped = life.stop();
  const { hostname, port: own } = new URL(server.origin);
  await until(async () => !(await listens({ host: hostname, port: Number(own) })));
  response.end("all of it");
  expect(await answer).toEqual({ status: 200, text: "all of it" });
  expect(await stopped).toEqual([]);
});

test("the built-in servers listen where no other machine reaches them", () => {
  for (const { command } of Object.values(serverTable.parse(undefined))) {
    expect(command.some((word) => /\{socket\}|\{ip\}/.test(word))).toBe(true);
    expect(command.join(" ")).not.toContain("0.0.0.0");
  }
});
