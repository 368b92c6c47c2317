/** What a role that serves HTTP counts and logs of its requests, over real connections. */

import { expect, test } from "@jest/globals";
import { openMetrics } from "../../../src/core/metrics.ts";
import { testLives } from "../../helpers/life.ts";
import { keptLog, type LogLine } from "../../helpers/log.ts";
import { newPerson, newProject } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";
import { servePod } from "./pod.ts";
import { ask, askUpgrade, dial } from "./wire.ts";

const newLife = testLives();

const toldIn = (lines: LogLine[]) =>
  lines.filter(({ message }) => message === "request" || message === "upgrade ended");

/** At which level a request is told of that reads and went well: on a busy machine it may have lasted so long that it tells something. */
const levelOfCalm = (line?: LogLine) => (Number(line?.fields.ms) < 1_000 ? "debug" : "info");

async function watchedProxy() {
  const life = newLife();
  const db = await openTestDb(life);
  const pod = await servePod(life);
  const { log, lines } = keptLog();
  const metrics = openMetrics({ defaults: false });
  const env = { COCALC_PROJECT_PORT: String(pod.port) };
  const proxy = await startRole(life, "hub-proxy", { db, env, log, metrics });
  const owner = await newPerson(db);
  const projectId = await newProject(db, [[owner, "owner"]], { ip: "127.0.0.1" });
  const headers = { Cookie: owner.cookie };
  return { proxy, projectId, headers, told: () => toldIn(lines), measured: () => metrics.metrics() };
}

/** An ingress whose roles are all one stand-in. */
async function watchedIngress() {
  const life = newLife();
  const pod = await servePod(life);
  const { log, lines } = keptLog();
  const metrics = openMetrics({ defaults: false });
  const origin = `http://127.0.0.1:${pod.port}`;
  const origins = { "hub-next": origin, "hub-websocket": origin, "hub-proxy": origin, static: origin };
  const ingress = await startRole(life, "ingress", { origins, log, metrics });
  return { ingress, told: () => toldIn(lines), measured: () => metrics.metrics() };
}

test("requests are counted by kind and outcome; lines tell of what changes, fails or lasts, and never of a query", async () => {
  const { proxy, projectId, headers, told, measured } = await watchedProxy();
  await ask(proxy, `/${projectId}/api/x?token=hidden`, { headers });
  await ask(proxy, `/${projectId}/api/x`, {
    method: "POST",
    body: "b",
    headers: { ...headers, "Content-Type": "text/plain" },
  });
  await ask(proxy, `/${projectId}/raw/x`, {});
  await ask(proxy, "/made/up/1", { headers });
  await until(() => told().length === 4);
  const text = await measured();
  for (const labels of ['kind="api",status="2xx"', 'kind="raw",status="4xx"', 'kind="none",status="4xx"'])
    expect(text).toContain(`cocalc_http_request_seconds_count{role="hub-proxy",${labels}}`);
  expect(text).not.toContain("made");
  const lines = told().map(({ level, fields }) => [level, fields.method, fields.status, fields.path]);
  expect(lines).toEqual([
    [levelOfCalm(told()[0]), "GET", 200, `/${projectId}/api/x`],
    ["info", "POST", 200, `/${projectId}/api/x`],
    ["info", "GET", 401, `/${projectId}/raw/x`],
    ["info", "GET", 404, "/made/up/1"],
  ]);
  expect(told().every(({ fields }) => fields.address === "127.0.0.1")).toBe(true);
});

test("open upgrades are counted as long as they are open, and refused ones by their status", async () => {
  const { proxy, projectId, headers, told, measured } = await watchedProxy();
  const open = async () => /cocalc_http_open_upgrades\{role="hub-proxy",kind="api"\} (\d+)/.exec(await measured())?.[1];
  const { status, socket } = await askUpgrade(proxy, `/${projectId}/api/socket`, { headers });
  expect([status, await open()]).toEqual([101, "1"]);
  (await askUpgrade(proxy, `/${projectId}/api/socket`, {})).socket.destroy();
  await until(() => told().length === 1);
  socket.destroy();
  await until(async () => (await open()) === "0");
  expect(told().map(({ message, fields }) => [message, fields.status])).toEqual([
    ["request", 401],
    ["upgrade ended", 101],
  ]);
});

test("a client that goes away before its answer counts as gone, not as served", async () => {
  const { proxy, projectId, headers, told } = await watchedProxy();
  const socket = dial(proxy);
  socket.write(`GET /${projectId}/api/stream HTTP/1.1\r\nHost: site\r\nCookie: ${headers.Cookie}\r\n\r\n`);
  socket.once("data", () => socket.destroy());
  await until(() => told().length === 1);
  expect(told()[0]?.fields.status).toBe(499);
});

test("ingress counts by the role that the route names, and what has no route as none", async () => {
  const { ingress, told, measured } = await watchedIngress();
  const host = "localhost";
  await ask(ingress, "/api/v2/x?key=hidden", { host });
  await ask(ingress, "/api/v2/x", { host, method: "POST", body: "b" });
  await ask(ingress, "/app/refuse", { host });
  await ask(ingress, "/made/up/1", { host: "evil.example" });
  await until(() => told().length === 4);
  const text = await measured();
  for (const labels of ['kind="hub-next",status="2xx"', 'kind="static",status="4xx"', 'kind="none",status="4xx"'])
    expect(text).toContain(`cocalc_http_request_seconds_count{role="ingress",${labels}}`);
  expect(text).not.toMatch(/made|evil/);
  expect(told().map(({ level, fields }) => [level, fields.method, fields.status, fields.path])).toEqual([
    [levelOfCalm(told()[0]), "GET", 200, "/api/v2/x"],
    ["info", "POST", 200, "/api/v2/x"],
    ["info", "GET", 413, "/app/refuse"],
    ["info", "GET", 421, "/made/up/1"],
  ]);
  expect(told().every(({ fields }) => fields.address === "127.0.0.1")).toBe(true);
});

test("through ingress an upgrade is told of by what its role said, by our own refusal, or as gone before either", async () => {
  const { ingress, told, measured } = await watchedIngress();
  const host = "localhost";
  const open = async () =>
    /cocalc_http_open_upgrades\{role="ingress",kind="hub-websocket"\} (\d+)/.exec(await measured())?.[1];
  const upgrade = (path: string) => askUpgrade(ingress, path, { host });
  const joined = await upgrade("/hub/a");
  expect([joined.status, await open()]).toEqual([101, "1"]);
  expect((await upgrade("/hub/refused")).status).toBe(403);
  expect((await upgrade("/app/x")).status).toBe(404);
  await until(() => told().length === 2);
  const waiting = dial(ingress);
  waiting.write(
    `GET /hub/hang HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  );
  await until(async () => (await open()) === "2");
  waiting.resetAndDestroy();
  await until(() => told().length === 3);
  joined.socket.destroy();
  await until(async () => (await open()) === "0");
  expect(told().map(({ message, fields }) => [message, fields.kind, fields.status])).toEqual([
    ["request", "hub-websocket", 403],
    ["request", "static", 404],
    ["request", "hub-websocket", 499],
    ["upgrade ended", "hub-websocket", 101],
  ]);
});
