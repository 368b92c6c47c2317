/** What a role that serves HTTP counts and logs of its requests, over real connections. */

import { expect, test } from "@jest/globals";
import { openMetrics } from "../../../src/core/metrics.ts";
import { testLives } from "../../helpers/life.ts";
import { keptLog } from "../../helpers/log.ts";
import { newPerson, newProject } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";
import { servePod } from "./pod.ts";
import { ask, askUpgrade, dial } from "./wire.ts";

const newLife = testLives();

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
  const told = () => lines.filter(({ message }) => message === "request" || message === "upgrade ended");
  return { proxy, projectId, headers: { Cookie: owner.cookie }, told, measured: () => metrics.metrics() };
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
    ["debug", "GET", 200, `/${projectId}/api/x`],
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
