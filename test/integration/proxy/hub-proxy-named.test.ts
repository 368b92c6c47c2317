/** Servers that are reached by name, through hub-proxy: started by the project when somebody asks, and their project with them. */

import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { createApiKey } from "../../../src/domain/access/api-keys.ts";
import { publicKeys } from "../../../src/domain/signing-keys/signing-keys.ts";
import { freePort } from "../../../src/net/serve/free-port.ts";
import { endUpgrade } from "../../../src/net/serve/last-words.ts";
import { type Handle, serveHttp } from "../../../src/net/serve/serve.ts";
import { testLog } from "../../helpers/log.ts";
import { newProject } from "../../helpers/people.ts";
import { startProjectServer, testHub } from "../../helpers/project-server.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";
import { db, get, IP, life, owner, proxy } from "./hub-proxy-fixture.ts";
import { type Ask, ask, askUpgrade } from "./wire.ts";

const page = { Accept: "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none" };
const PROGRAM = `
const [socket] = process.argv.slice(2);
const server = require("node:http").createServer((request, response) => response.end(process.pid + " " + request.url));
server.on("upgrade", (request, joined) => {
  joined.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n\\r\\n");
  joined.pipe(joined);
});
setTimeout(() => server.listen(socket), 4000);
`;

async function openProject() {
  const projectId = await newProject(db, [[owner, "owner"]], { ip: IP });
  const command = [process.execPath, "server.cjs", "{socket}"];
  const table = { mine: { title: "My server", command }, dies: { title: "Dying", command: ["false"] } };
  const server = await startProjectServer(life, {
    projectId,
    hub: { ...(await testHub()), publicKeys: JSON.stringify(await publicKeys(db)) },
    env: { COCALC_NAMED_SERVERS: JSON.stringify(table) },
  });
  await writeFile(join(server.home, "server.cjs"), PROGRAM);
  const through = await startRole(life, "hub-proxy", {
    db,
    env: { COCALC_PROJECT_PORT: new URL(server.origin).port, COCALC_PORTS_ON_APP_ORIGIN: "yes" },
  });
  const visit = (path: string, headers: Record<string, string> = {}) =>
    ask(through, `/${projectId}/${path}`, { headers: { Cookie: owner.cookie, ...headers } });
  return { visit, projectId, through };
}

test("a server is started by its name: a browser is shown that it starts, a program waits; who asks later finds the same", async () => {
  const { visit, projectId, through } = await openProject();
  const waiting = visit("server/mine/a?b");
  const shown = await visit("server/mine/", page);
  expect(shown.status).toBe(503);
  expect(shown.headers["retry-after"]).toBe("2");
  expect(shown.body).toContain("<h1>My server is starting</h1>");
  expect(shown.body).toContain('http-equiv="refresh" content="2"');
  const first = await waiting;
  expect(first).toMatchObject({ status: 200, body: expect.stringMatching(/^\d+ \/a\?b$/) });
  const [pid = ""] = first.body.split(" ");
  expect((await visit("server/mine/x", page)).body).toBe(`${pid} /x`);
  expect((await visit("port/mine/x")).body).toBe(`${pid} /${projectId}/port/mine/x`);
  const joined = await askUpgrade(through, `/${projectId}/server/mine/ws`, { headers: { Cookie: owner.cookie } });
  expect(joined.status).toBe(101);
  joined.socket.write("through three");
  const [echo] = (await once(joined.socket, "data")) as [Buffer]; // as a socket without encoding tells it
  expect(echo.toString()).toBe("through three");
  joined.socket.destroy();
  process.kill(Number(pid), "SIGKILL");
  await until(async () => {
    const { status, body } = await visit("server/mine/x");
    return status === 200 && !body.startsWith(pid);
  });
}, 300_000);

test("what a project says of a server that cannot be had is told", async () => {
  const { visit } = await openProject();
  expect(await visit("server/other/")).toMatchObject({
    status: 404,
    body: expect.stringContaining("no server named other"),
  });
  const dead = await until(async () => {
    const shown = await visit("server/dies/", page);
    return !shown.body.includes("Dying is starting") && shown; // it may take longer to die than a page waits
  });
  expect(dead).toMatchObject({ status: 503, body: expect.stringContaining("Dying ended (1)") });
  expect(dead.body).not.toContain("refresh"); // it would be tried for ever
});

test("going to Jupyter starts a project that is stopped; its data, and a stopped page's polling, do not", async () => {
  const stopped = await newProject(db, [[owner, "owner"]]);
  const asked = async () => {
    const [row] = await db.query<{ action: string | null; time: string | null }>(
      "SELECT action_request ->> 'action' AS action, action_request ->> 'time' AS time FROM projects WHERE project_id = $1",
      [stopped],
    );
    return row;
  };
  const polling = { "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin" };
  expect(await get(`/${stopped}/port/jupyterlab/api/status`, polling)).toMatchObject({ status: 503 });
  expect((await get(`/${stopped}/port/8888/`, page)).status).toBe(503);
  expect((await get(`/${stopped}/server/pluto/`, page)).status).toBe(503);
  expect(await asked()).toEqual({ action: null, time: null });
  const path = `/${stopped}/port/jupyterlab/lab?a=b`;
  const sent = await get(path, page);
  expect(sent).toMatchObject({
    status: 303,
    headers: { location: `/${stopped}/start?to=${encodeURIComponent(path)}` },
  });
  const first = await asked();
  expect(first?.action).toBe("start");
  expect((await ask(proxy, path, { headers: { Cookie: owner.cookie, ...page } })).status).toBe(303);
  expect(await asked()).toEqual(first); // asked for once
  expect((await get(sent.headers.location ?? "", page)).body).toContain('http-equiv="refresh"');
});

/** A project whose pod has another address than what listens for its own machine alone, reached on its own origin or on the app's. */
async function openInside() {
  const ip = "127.0.0.9";
  const inside = await newProject(db, [[owner, "owner"]], { ip });
  const server = await startProjectServer(life, {
    projectId: inside,
    hub: { ...(await testHub()), publicKeys: JSON.stringify(await publicKeys(db)) },
    env: { COCALC_POD_IP: ip },
  });
  const through = await startRole(life, "hub-proxy", {
    db,
    env: { COCALC_PROJECT_PORT: new URL(server.origin).port, COCALC_PORTS_ON_APP_ORIGIN: "yes" },
  });
  const visit = (path: string, more: Ask = {}) =>
    ask(through, `/${inside}/${path}`, { ...more, headers: { Cookie: owner.cookie, ...more.headers } });
  return { inside, ip, through, visit };
}

const listenOn = (host: string, handle: Handle) =>
  serveHttp(life, { name: "somebody's", listen: { host, port: 0 }, log: testLog(), handle });

test("a server that listens for its own machine alone is reached, also by who sends something and by WebSocket", async () => {
  const { inside, through, visit } = await openInside();
  const { port } = await serveHttp(life, {
    name: "somebody's",
    listen: { host: "127.0.0.1", port: 0 },
    log: testLog(),
    handle: (request, response) => void request.pipe(response),
    upgrade: (_, socket) => endUpgrade(socket, 403, "no WebSocket, said the server"),
  });
  const body = "whole".repeat(100_000);
  const sent = await visit(`server/${port}/`, { method: "POST", body, headers: { Accept: "text/plain" } });
  expect(sent.status).toBe(200);
  expect(sent.body === body).toBe(true);
  expect((await visit(`server/${port}/`)).status).toBe(200);
  const headers = { Cookie: owner.cookie };
  const joined = await askUpgrade(through, `/${inside}/server/${port}/`, { headers });
  expect(joined).toMatchObject({ status: 403, body: expect.stringContaining("said the server") });
});

test("where nothing listens at all is told in words, for a page too", async () => {
  const { visit } = await openInside();
  const port = await freePort();
  const told = await visit(`server/${port}/`, { headers: page });
  expect(told).toMatchObject({ status: 502, body: expect.stringContaining("Nothing is listening there.") });
  const sent = await visit(`server/${await freePort()}/`, { method: "POST", body: "x" });
  expect(sent).toMatchObject({ status: 502, body: expect.stringContaining("Nothing is listening there.") });
});

test.each(["127.0.0.9", "127.0.0.1"])(
  "a redirect by a server on %s that knows nothing of the project's path leads on below it",
  async (host) => {
    const { inside, visit } = await openInside();
    const { port } = await listenOn(
      host,
      (_, response) => void response.writeHead(301, { Location: "/folder/" }).end(),
    );
    expect((await visit(`server/${port}/folder`)).headers.location).toBe(`/${inside}/server/${port}/folder/`);
    expect((await visit(`port/${port}/folder`)).headers.location).toBe("/folder/");
  },
);

test("where projects have no origin of their own, a page that could not load its parts is told so, and a program is served", async () => {
  const at = await newProject(db, [[owner, "owner"]], { ip: IP });
  const visit = (headers: Record<string, string>) =>
    ask(proxy, `/${at}/port/jupyterlab/`, { host: "site.example", headers });
  const shown = await visit({ Cookie: owner.cookie, ...page });
  expect(shown).toMatchObject({ status: 404, body: expect.stringContaining("COCALC_PROJECT_DOMAIN") });
  const { secret } = await createApiKey(db, { accountId: owner.accountId, name: "k" });
  expect((await visit({ Authorization: `Bearer ${secret}` })).status).toBe(200);
});
