/** Servers that are reached by name, through hub-proxy: started by the project when somebody asks, and their project with them. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { publicKeys } from "../../../src/domain/signing-keys/signing-keys.ts";
import { freePort } from "../../helpers/free-port.ts";
import { newProject } from "../../helpers/people.ts";
import { startProjectServer, testHub } from "../../helpers/project-server.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";
import { db, get, IP, life, owner, proxy } from "./hub-proxy-fixture.ts";
import { ask } from "./wire.ts";

const page = { Accept: "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none" };
const PROGRAM = `
const [host, port] = process.argv.slice(2);
setTimeout(() => {
  const answer = (request, response) => response.end(process.pid + " " + request.url);
  require("node:http").createServer(answer).listen(port, host);
}, 4000);
`;

async function openProject() {
  const projectId = await newProject(db, [[owner, "owner"]], { ip: IP });
  const port = await freePort();
  const command = [process.execPath, "server.cjs", "{ip}", "{port}"];
  const table = { mine: { title: "My server", command, port }, dies: { title: "Dying", command: ["false"], port } };
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
  return { visit, projectId };
}

test("a server is started by its name: a browser is shown that it starts, a program waits; who asks later finds the same", async () => {
  const { visit, projectId } = await openProject();
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
  process.kill(Number(pid), "SIGKILL");
  const again = async () => {
    const { status, body } = await visit("server/mine/x");
    return status === 200 && !body.startsWith(pid);
  };
  await until(again); // where it was is forgotten with the first error
}, 60_000);

test("what a project says of a server that cannot be had is told", async () => {
  const { visit } = await openProject();
  expect(await visit("server/other/")).toMatchObject({
    status: 404,
    body: expect.stringContaining("no server named other"),
  });
  const dead = await visit("server/dies/", page);
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
