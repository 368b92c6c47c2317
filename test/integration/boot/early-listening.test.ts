/** A project's server as a process: what happens between its first breath and its first answer. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, test } from "@jest/globals";
import { projectConfig } from "../../../roles/project/config.ts";
import { earlyAddress } from "../../../src/boot/early-address.ts";
import { processConfig } from "../../../src/boot/process-config.ts";
import { readConfig } from "../../../src/core/config.ts";
import type { Environment } from "../../../src/core/env.ts";
import type { Life } from "../../../src/core/life.ts";
import { freePort } from "../../../src/net/serve/free-port.ts";
import { type CliProcess, runCli, startCli } from "../../helpers/cli.ts";
import { testLives } from "../../helpers/life.ts";
import { projectEnv } from "../../helpers/project-env.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();
const HOST = "127.0.0.1";

async function settings(life: Life) {
  const port = await freePort();
  return { port, env: { ...(await projectEnv(life)), PORT: String(port), ADMIN_HOST: HOST, ADMIN_PORT: "0" } };
}

/** The first connection that is accepted. */
async function firstConnection(life: Life, port: number): Promise<Socket> {
  return until(async () => {
    const socket = connect(port, HOST);
    life.defer("connection", () => void socket.destroy());
    const { promise, resolve } = Promise.withResolvers<boolean>();
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    return (await promise) && socket;
  });
}

const isLoaded = ({ output }: CliProcess) => output().stderr.includes('"serving"');

test("a project's server refuses connections until all of it is loaded, so that a kubelet looks again a second later", async () => {
  const life = newLife();
  const { port, env } = await settings(life);
  const server = startCli(life, ["--role=project"], env);
  const socket = await firstConnection(life, port);
  expect(isLoaded(server)).toBe(false);
  socket.setEncoding("latin1").write("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  let text = "";
  socket.on("data", (more: string) => {
    text += more;
  });
  await until(() => text.includes("healthy\n"));
  expect(isLoaded(server)).toBe(true);
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
});

test("a stop while it is loading ends it at once, with the connections that wait", async () => {
  const life = newLife();
  const { port, env } = await settings(life);
  const server = startCli(life, ["--role=project"], env);
  const socket = await firstConnection(life, port);
  socket.on("error", () => {});
  server.child.kill("SIGTERM");
  expect(["SIGTERM", 0]).toContain(await server.ended);
  socket.resume();
  await until(() => socket.closed);
  const refused = connect(port, HOST);
  await once(refused, "error");
});

test.each([
  [{ PORT: "eighty" }, /PORT: must be a number/],
  [{ PORT: "70000" }, /PORT: /],
  [{ COCALC_POD_IP: "pod.example" }, /COCALC_POD_IP: /],
])("with %j: which variable is wrong, and exit 2, as ever", async (wrong, words) => {
  const life = newLife();
  const { env } = await settings(life);
  const { status, stderr } = await runCli(life, ["--role=project"], { ...env, ...wrong });
  expect(status).toBe(2);
  expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/^ +at /m);
});

test("a port that is taken: says so and how to choose another, as ever", async () => {
  const life = newLife();
  const { port, env } = await settings(life);
  const first = startCli(life, ["--role=project"], env);
  await until(() => isLoaded(first));
  const { status, stderr } = await runCli(life, ["--role=project"], env);
  expect(status).toBe(1);
  expect(stderr).toContain(`port ${port} on ${HOST} is taken by another program; choose one with PORT`);
});

test("where it listens first is where its configuration says", async () => {
  const base = await projectEnv(newLife());
  const configured = (env: Environment) => {
    try {
      const { host } = readConfig(processConfig, { ...env, PORT: "" });
      const { podIp, port } = readConfig(projectConfig, env);
      return { host: podIp ?? host, port };
    } catch {
      return undefined;
    }
  };
  const ports = [undefined, "", "0", "80", "65535", "65536", "-1", "1.5", "x", "0x50", " 80 ", "1e3", "١"];
  const hosts = [undefined, "", "127.0.0.1", "::1", "localhost", "300.1.1.1", "10.0.0.1 ", "fe80::1%eth0"];
  for (const PORT of ports)
    for (const COCALC_POD_IP of hosts)
      for (const HOST of [undefined, "", "0.0.0.0", "example"]) {
        const env = { ...base, PORT, COCALC_POD_IP, HOST };
        expect({ env: { PORT, COCALC_POD_IP, HOST }, at: earlyAddress(env) }).toEqual({
          env: { PORT, COCALC_POD_IP, HOST },
          at: configured(env),
        });
      }
});
