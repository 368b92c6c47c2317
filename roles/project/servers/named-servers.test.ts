/** Servers by name, with a small real one: started once for all who ask, ended with the project, failures in words. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { freePort } from "../../../test/helpers/free-port.ts";
import { testLives } from "../../../test/helpers/life.ts";
import { startProjectServer, type TestProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";
import { listens } from "./server-run.ts";

const newLife = testLives();

/** Listens where it is told to, says which run it is, and leaves a mark of each start. */
const PROGRAM = `
const [host, port, base] = process.argv.slice(2);
require("node:fs").appendFileSync(process.env.HOME + "/starts", process.pid + "\\n");
setTimeout(() => require("node:http").createServer((_, response) => response.end(base + " " + process.pid)).listen(port, host), 300);
`;

const node = (...args: string[]) => ({ title: "A server", command: [process.execPath, ...args] });

async function startWith(table: (port: number) => object) {
  const port = await freePort();
  const life = newLife();
  const server = await startProjectServer(life, { env: { COCALC_NAMED_SERVERS: JSON.stringify(table(port)) } });
  await writeFile(join(server.home, "server.cjs"), PROGRAM);
  return { life, server, port };
}

const ask = async (server: TestProjectServer, name: string, more = {}) => {
  const body = JSON.stringify({ name, ...more });
  const response = await server.fetch("/api/named-server", { method: "POST", body });
  return {
    status: response.status,
    ...((await response.json()) as { port?: number; starting?: string; error?: string }),
  };
};

const mine = (port: number) => ({ mine: { ...node("server.cjs", "{ip}", "{port}", "{base}"), port } });

test("a server is started once for all who ask, knows its address, runs on, and ends with the project", async () => {
  const { life, server, port } = await startWith(mine);
  const answers = await Promise.all([1, 2, 3].map(() => ask(server, "mine")));
  expect(answers).toEqual([1, 2, 3].map(() => ({ status: 200, port })));
  const text = await (await fetch(`http://127.0.0.1:${port}/`)).text();
  expect(text).toMatch(new RegExp(`^/${server.projectId} \\d+$`));
  expect(await ask(server, "mine")).toEqual({ status: 200, port });
  expect(await (await server.fetch("/raw/starts")).text()).toMatch(/^\d+\n$/);
  expect(await life.stop()).toEqual([]);
  await until(async () => !(await listens({ host: "127.0.0.1", port })));
});

test("who does not wait is told that it is starting; one that ended is started again", async () => {
  const { server, port } = await startWith(mine);
  expect(await ask(server, "mine", { waitSeconds: 0 })).toEqual({ status: 200, starting: "A server" });
  expect(await ask(server, "mine")).toEqual({ status: 200, port });
  const starts = async () => (await (await server.fetch("/raw/starts")).text()).trim().split("\n");
  process.kill(Number((await starts())[0]), "SIGKILL");
  await until(async () => !(await listens({ host: "127.0.0.1", port })));
  await until(async () => (await ask(server, "mine")).port === port && (await starts()).length === 2);
});

test("a program that is not installed, dies, or never listens is told in words, and not tried again at once", async () => {
  const { server } = await startWith((port) => ({
    none: { ...node(), command: ["no-such-program"], port },
    dies: { ...node("-e", "console.log('one'); console.error('no licence found'); process.exit(3)"), port },
    deaf: { ...node("-e", "setInterval(() => {}, 1000)"), port, startSeconds: 1 },
    jupyterlab: { title: "JupyterLab", command: ["no-such-jupyter"], port },
    pluto: null,
  }));
  expect(await ask(server, "none")).toMatchObject({ status: 404, error: expect.stringContaining("not installed") });
  const dead = await ask(server, "dies");
  expect(dead.status).toBe(503);
  expect(dead.error).toMatch(/A server ended \(3\) before it listened\. Its last words:\n(one\n)?no licence found/);
  expect((await ask(server, "dies")).error).toBe(dead.error);
  expect((await ask(server, "deaf")).error).toContain("did not listen on port");
  expect((await ask(server, "jupyterlab")).error).toContain("JupyterLab is not installed in this project's image.");
  expect((await ask(server, "pluto")).error).toContain("There is no server named pluto");
  expect((await ask(server, "../x")).status).toBe(400);
});

test("a server that somebody started by hand is taken as it is", async () => {
  const { life, server, port } = await startWith((free) => ({
    mine: { ...node(), command: ["no-such-program"], port: free },
  }));
  const { serveHttp } = await import("../../../src/net/serve.ts");
  const { testLog } = await import("../../../test/helpers/log.ts");
  await serveHttp(life, {
    name: "by hand",
    listen: { host: "127.0.0.1", port },
    log: testLog(),
    handle: (_, response) => void response.end("by hand"),
  });
  expect(await ask(server, "mine")).toEqual({ status: 200, port });
});
