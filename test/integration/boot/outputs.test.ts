/** What a process writes to may have no reader any more, or be full: commands end as they would, and services go on. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { environment } from "../../../src/core/env.ts";
import type { Life } from "../../../src/core/life.ts";
import { freePort } from "../../../src/net/serve/free-port.ts";
import { testLives } from "../../helpers/life.ts";
import { createTestDatabase, databaseEnv } from "../../helpers/postgres.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();
const program = fileURLToPath(new URL("../../../bin/cocalc-k8s.js", import.meta.url));

type Output = "ignore" | "pipe" | number;

function start(life: Life, args: string[], { env = {}, stdout, stderr }: StartOptions) {
  const { PATH, HOME } = environment();
  const stdio: Output[] = ["ignore", stdout, stderr];
  const child = spawn(process.execPath, [program, ...args], { env: { PATH, HOME, ...env }, stdio });
  life.defer("process", () => void child.kill("SIGKILL"));
  return { child, ended: once(child, "exit").then(([status]) => status as unknown) };
}

interface StartOptions {
  env?: Record<string, string>;
  stdout: Output;
  stderr: Output;
}

/** A disk on which nothing can be written. */
async function fullDisk(life: Life): Promise<number> {
  const file = await open("/dev/full", "w");
  life.defer("/dev/full", () => file.close());
  return file.fd;
}

test.each([
  [["roles"], 0],
  [["config"], 0],
  [["--help"], 0],
  [["doctor"], 1],
])("cocalc-k8s %j | head: no stack, and the status that it would have had", async (args, status) => {
  const { child, ended } = start(newLife(), args, { stdout: "pipe", stderr: "pipe", env: { PGPORT: "1" } });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  child.stdout?.destroy(); // before it has said anything
  expect(await ended).toBe(status);
  expect(said).toBe("");
});

const onLinux = process.platform === "linux" ? test : test.skip; // /dev/full

onLinux("a command whose output goes to a full disk says so in words", async () => {
  const life = newLife();
  const { child, ended } = start(life, ["config"], { stdout: await fullDisk(life), stderr: "pipe" });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  expect(await ended).toBe(1);
  expect(said).toMatch(/^cocalc-k8s: What it says could not be written: ENOSPC.*\n$/);
});

/** A hub-next that serves; each request that is asked of it is a line of its log. */
async function hub(life: Life, { format, stderr }: { format: string; stderr: Output }) {
  const [port, adminPort] = [await freePort(), await freePort()];
  const ports = { HOST: "127.0.0.1", PORT: String(port), ADMIN_HOST: "127.0.0.1", ADMIN_PORT: String(adminPort) };
  const env = { ...databaseEnv(await createTestDatabase(life)), ...ports, COCALC_LOG_FORMAT: format };
  const { child, ended } = start(life, ["--role=hub-next"], { env, stdout: "ignore", stderr });
  child.stderr?.resume();
  const status = async (at: number, path: string) => (await fetch(`http://127.0.0.1:${at}${path}`)).status;
  await until(async () => (await status(adminPort, "/readyz").catch(() => 0)) === 200, { timeoutMs: 60_000 });
  return { child, ended, asks: () => status(port, "/customize") };
}

for (const format of ["json", "pretty"]) {
  test(`a role whose log (${format}) has no reader any more serves, and stops well`, async () => {
    const { child, ended, asks } = await hub(newLife(), { format, stderr: "pipe" });
    child.stderr?.destroy();
    expect(await asks()).toBe(200);
    expect(await asks()).toBe(200);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  });

  onLinux(`a role whose log (${format}) is on a full disk serves, and stops well`, async () => {
    const life = newLife();
    const { child, ended, asks } = await hub(life, { format, stderr: await fullDisk(life) });
    expect(await asks()).toBe(200);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  });
}
